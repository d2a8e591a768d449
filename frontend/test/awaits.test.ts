// @vitest-environment node
// `{#await f(poll.kind)}` asks anew whenever anything of the poll changes, and Svelte may draw what waits for it anew even where
// the promise is the same: fields lose what was typed. A `$derived` or a `{@const}` in between does not.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const src = resolve(import.meta.dirname, '../src');
const waits = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((f) => f.endsWith('.svelte'))
  .flatMap((f) => [...readFileSync(join(src, f), 'utf8').matchAll(/\{#await (.+?)(?: then\b[^}]*)?\}/g)].map((m) => ({ f, what: m[1]! })));

it('what a page waits for does not hang on a part of something that changes as a whole', () => {
  expect(waits.length).toBeGreaterThan(10);
  expect(waits.filter(({ what }) => /\([^)]*\w\.\w/.test(what) && !/^import\('[^']+'\)$/.test(what))).toEqual([]);
});
