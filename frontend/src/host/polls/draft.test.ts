import { expect, test } from 'vitest';
import { answered, draftOf, problemsOf } from './draft';

test('a draft loses blanks and empty options', () => {
  expect(draftOf(' Why? ', [' a ', '', 'b', '   '])).toEqual({ question: 'Why?', options: ['a', 'b'] });
});

test('what is missing is named in the order of the form', () => {
  expect(problemsOf('Why?', ['a', 'b', ''])).toEqual([]);
  expect(problemsOf(' ', ['a', ''])).toEqual(['question', 'few']);
  expect(problemsOf('Why?', ['Yes', 'yes ', 'no'])).toEqual(['twice']);
});

test('“of” is said only where it is true', () => {
  expect(answered(87, 142)).toEqual({ n: 87, of: 142 });
  expect(answered(5, 3)).toEqual({ n: 5, of: null });
  expect(answered(0, 0)).toEqual({ n: 0, of: null });
});
