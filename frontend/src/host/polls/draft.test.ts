import { expect, test } from 'vitest';
import { answered, draftOf, problemsOf } from './draft';

test('a draft loses blanks and empty options', () => {
  expect(draftOf(' Why? ', [' a ', '', 'b', '   '])).toEqual({ question: 'Why?', options: ['a', 'b'], kind: 'single', least: 1, most: 1 });
});

test('what is missing is named in the order of the form', () => {
  expect(problemsOf('Why?', ['a', 'b', ''])).toEqual([]);
  expect(problemsOf(' ', ['a', ''])).toEqual(['question', 'few']);
  expect(problemsOf('Why?', ['Yes', 'yes ', 'no'])).toEqual(['twice']);
});

test('the bounds of several answers fit the answers', () => {
  const several = (least: number, most: number) => problemsOf('Why?', ['a', 'b', 'c', ''], { kind: 'multiple', least, most });
  expect(several(1, 3)).toEqual([]);
  expect(several(2, 2)).toEqual([]);
  for (const [least, most] of [[1, 4], [0, 2], [3, 2], [1.5, 2], [1, Number.NaN]] as const) expect(several(least, most)).toEqual(['bounds']);
  expect(draftOf('Why?', ['a', 'b'], { kind: 'single', least: 2, most: 7 })).toMatchObject({ least: 1, most: 1 });
});

test('“of” is said only where it is true', () => {
  expect(answered(87, 142)).toEqual({ n: 87, of: 142 });
  expect(answered(5, 3)).toEqual({ n: 5, of: null });
  expect(answered(0, 0)).toEqual({ n: 0, of: null });
});
