import { expect, test } from 'vitest';
import { languageName, readCues, said } from './captions';

test('cues are read as they were written', () => {
  const cues = readCues('WEBVTT\n\n00:00:01.500 --> 00:00:03.000\nWelcome &amp; thanks\nfor coming\n\n01:00:00.000 --> 01:00:02.250\n1 &lt; 2 &amp;lt;\n');
  expect(cues).toEqual([{ from: 1500, to: 3000, text: 'Welcome & thanks\nfor coming' }, { from: 3_600_000, to: 3_602_250, text: '1 < 2 &lt;' }]);
  expect(said(cues, 1499)).toBe('');
  expect(said(cues, 1500)).toBe('Welcome & thanks\nfor coming');
  expect(said(cues, 3000)).toBe('');
});

test('several at once stand below each other', () => {
  expect(said([{ from: 0, to: 9, text: 'a' }, { from: 5, to: 9, text: 'b' }], 6)).toBe('a\nb');
});

test('a language has a name in the language of the page', () => {
  expect(languageName('de', 'en')).toBe('German');
  expect(languageName('not a code', 'en')).toBe('not a code');
});
