import { describe, expect, it } from 'vitest';
import { format, negotiate } from '../src/lib/i18n';
import { span } from '../src/lib/span';

const de = { hello: 'Guten Tag, {name}', votes_one: '{n} Stimme', votes_other: '{n} Stimmen' };

describe('format', () => {
  it('fills values and leaves unknown ones visible', () => {
    expect(format(de, 'de', 'hello', { name: 'Mira' })).toBe('Guten Tag, Mira');
    expect(format(de, 'de', 'hello')).toBe('Guten Tag, {name}');
  });
  it('chooses the plural form and groups digits as the language does', () => {
    expect(format(de, 'de', 'votes', { n: 1 })).toBe('1 Stimme');
    expect(format(de, 'de', 'votes', { n: 0 })).toBe('0 Stimmen');
    expect(format(de, 'de', 'votes', { n: 12345 })).toBe('12.345 Stimmen');
    expect(format({ votes_one: '{n} vote', votes_other: '{n} votes' }, 'en', 'votes', { n: 12345 })).toBe('12,345 votes');
  });
  it('does not read values as templates', () => {
    expect(format(de, 'de', 'hello', { name: '{name} $& <b>' })).toBe('Guten Tag, {name} $& <b>');
  });
  it('answers an unknown key itself', () => {
    expect(format(de, 'de', 'nothing')).toBe('nothing');
  });
});

describe('negotiate', () => {
  it.each([
    ['de', ['en-US'], 'de'],
    [null, ['de-AT', 'en'], 'de'],
    [null, ['fr-FR', 'en-GB', 'de'], 'en'],
    ['fr', ['de'], 'de'],
    [null, ['fr'], 'en'],
    [null, [], 'en'],
  ] as const)('%s and %j give %s', (stored, wanted, lang) => {
    expect(negotiate(stored, wanted)).toBe(lang);
  });
});

describe('span', () => {
  it.each([[1, '1 Minute'], [90 * 60_000, '90 Minuten'], [3 * 3_600_000, '3 Stunden'], [72 * 3_600_000, '3 Tage']])('%d ms are %s', (ms, text) => {
    expect(span('de', ms)).toBe(text);
  });
});
