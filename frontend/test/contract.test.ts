// @vitest-environment node
// The map of events is the server's.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { EVENT_NAMES } from '../src/lib/events';

const contract = parse(readFileSync(join(import.meta.dirname, '../../api/openapi.yaml'), 'utf8')) as { 'x-events': Record<string, string> };
const source = readFileSync(join(import.meta.dirname, '../src/lib/events.ts'), 'utf8');

it('knows exactly the events of the contract', () => {
  expect([...EVENT_NAMES].sort()).toEqual(Object.keys(contract['x-events']).sort());
});

it.each(Object.entries(contract['x-events']))('gives %s the schema %s', (name, ref) => {
  expect(source).toContain(`  ${name}: Schema<'${ref.split('/').at(-1)}'>;`);
});

it('has types that were generated from this contract', async () => {
  const { default: generate, astToString } = await import('openapi-typescript');
  const fresh = astToString(await generate(new URL(`file://${join(import.meta.dirname, '../../api/openapi.yaml')}`)));
  const kept = readFileSync(join(import.meta.dirname, '../src/lib/schema.gen.ts'), 'utf8');
  expect(kept.endsWith(fresh), 'run `npm run gen`').toBe(true);
}, 60_000); // it loads a compiler
