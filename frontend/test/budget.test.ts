// @vitest-environment node
// What a person downloads before the first click, and that nothing comes from elsewhere. Builds the app first.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
let dist = '';

beforeAll(async () => {
  dist = mkdtempSync(join(tmpdir(), 'plenum-dist-'));
  const env = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production'; // vitest's own would build Svelte's development half
  await build({ root, configFile: join(root, 'vite.config.ts'), mode: 'production', logLevel: 'error', build: { outDir: dist, emptyOutDir: true } });
  process.env['NODE_ENV'] = env;
}, 120_000);
afterAll(() => rmSync(dist, { recursive: true, force: true }));

const files = () => readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((f) => statSync(join(dist, f)).isFile());
const linked = (page: string, ext: string) => [...readFileSync(join(dist, page), 'utf8').matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((m) => m[1]!).filter((f) => f.endsWith(ext));
const gz = (list: string[]) => list.reduce((n, f) => n + statSync(join(dist, `${f}.gz`)).size, 0);

describe('budget', () => {
  it('attendee page: at most 30 kB of script and 6 kB of style, gzipped', () => {
    const script = linked('attendee.html', '.js');
    expect(script.length).toBeGreaterThan(0);
    expect(gz(script)).toBeLessThanOrEqual(30 * 1024);
    expect(gz(linked('attendee.html', '.css'))).toBeLessThanOrEqual(6 * 1024);
  });
  it('the stage that loads behind it: at most 20 kB more, with its style', () => {
    const inside = files().filter((f) => /^assets\/Inside-[\w-]+\.(js|css)$/.test(f));
    expect(inside).toHaveLength(2);
    expect(gz(inside)).toBeLessThanOrEqual(20 * 1024);
  });
  it('the words of one language: at most 6 kB', () => {
    for (const lang of ['de', 'en']) {
      const words = files().filter((f) => new RegExp(`^assets/(common|attendee)\\.${lang}-[\\w-]+\\.js$`).test(f));
      expect(words).toHaveLength(2);
      expect(gz(words)).toBeLessThanOrEqual(6 * 1024);
    }
  });
  it('the font that is loaded first: at most 40 kB', () => {
    const first = files().filter((f) => /latin-wght-normal.*\.woff2$/.test(f));
    expect(first).toHaveLength(1);
    expect(statSync(join(dist, first[0]!)).size).toBeLessThanOrEqual(40 * 1024);
  });
  it('spoken announcements: at most 40 kB each', () => {
    const sounds = files().filter((f) => f.startsWith('audio/announce-'));
    expect(sounds.sort()).toEqual(['audio/announce-de.mp3', 'audio/announce-de.ogg', 'audio/announce-en.mp3', 'audio/announce-en.ogg']);
    for (const f of sounds) expect(statSync(join(dist, f)).size, f).toBeLessThan(40_000);
  });
});

describe('what is built', () => {
  it('brings the style of every page along: no choice of imports shares one list of what they need', () => {
    const chosen = files().filter((f) => f.endsWith('.js')).flatMap((f) => [...readFileSync(join(dist, f), 'utf8').matchAll(/\?\(\)=>import\(`\.\/([^`]+)`\)/g)].map((m) => m[1]!));
    expect(chosen.length).toBeGreaterThan(0); // the two languages, which have no style
    expect(chosen.filter((f) => !/\.(de|en)-[\w-]+\.js$/.test(f))).toEqual([]);
  });
  it('names no foreign address', () => {
    // Not addresses of anything that is fetched: XML namespaces, and the pages that Svelte's errors name in words.
    const words = /^https?:\/\/(www\.w3\.org\/(2000\/svg|1999\/xhtml|1998\/Math\/MathML|1999\/xlink|XML\/1998\/namespace)|svelte\.dev\/e\/)/;
    for (const f of files().filter((x) => /\.(js|css|html|svg)$/.test(x))) {
      const found = [...readFileSync(join(dist, f), 'utf8').matchAll(/(?:https?|wss?):\/\/[a-z0-9][^\s"'`)<]*/gi)].map((m) => m[0]);
      expect([f, found.filter((u) => !words.test(u))]).toEqual([f, []]);
    }
  });
  it('has no inline script and no inline style, which the policy would block', () => {
    for (const page of files().filter((x) => x.endsWith('.html'))) {
      const html = readFileSync(join(dist, page), 'utf8');
      expect(html, page).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>/);
      expect(html, page).not.toMatch(/<style|\sstyle=|\son\w+=/);
    }
  });
  it('has a compressed twin of every text and keeps .gitkeep', () => {
    const all = new Set(files());
    for (const f of all) if (/\.(js|css|html|svg)$/.test(f)) expect(all.has(`${f}.br`) && all.has(`${f}.gz`), f).toBe(true);
    expect(all.has('.gitkeep')).toBe(true);
  });
});
