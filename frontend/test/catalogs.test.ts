// @vitest-environment node
// Both languages say the same things, with the same values in them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const dir = join(import.meta.dirname, '../src/i18n');
const read = (name: string) => JSON.parse(readFileSync(join(dir, name), 'utf8')) as Record<string, string>;
const names = [...new Set(readdirSync(dir).map((f) => f.split('.')[0]!))];
const values = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();

describe.each(names)('catalog %s', (name) => {
  const de = read(`${name}.de.json`);
  const en = read(`${name}.en.json`);
  it('has the same keys in German and English', () => {
    expect(Object.keys(de).sort()).toEqual(Object.keys(en).sort());
  });
  it('has the same values in German and English', () => {
    for (const key of Object.keys(en)) expect([key, values(de[key] ?? '')]).toEqual([key, values(en[key] ?? '')]);
  });
  it('has both forms of every plural and no empty text', () => {
    for (const [key, text] of Object.entries(de)) {
      expect(text.trim(), key).not.toBe('');
      if (key.endsWith('_one')) expect(de).toHaveProperty(key.replace(/_one$/, '_other'));
    }
  });
});

it('no entry says a key again that the common catalog has', () => {
  const common = new Set(Object.keys(read('common.en.json')));
  for (const name of names) {
    if (name === 'common') continue;
    expect(Object.keys(read(`${name}.en.json`)).filter((k) => common.has(k)), name).toEqual([]);
  }
});

// The words of polls are laid over those of an entry: where both have a key they have to say the same.
it('the catalog of polls says nothing else under a key of an entry', () => {
  const polls = read('polls.en.json');
  for (const name of names) {
    const entry = read(`${name}.en.json`);
    expect(Object.keys(entry).filter((k) => polls[k] !== undefined && polls[k] !== entry[k]), name).toEqual([]);
  }
});
