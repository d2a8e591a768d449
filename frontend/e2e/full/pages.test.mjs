// The whole matrix: every page in every state, at a desk, on a phone and on the smallest screen, light and dark, in both
// languages; the main pages also with letters of double size and in the system's own colours.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Cast, makeFace, pictured } from '../browser.mjs';
import { gallery } from '../gallery.mjs';
import { complaints, desk, focusSeen, wear } from '../looks.mjs';
import { Server } from '../server.mjs';
import { assertQuiet } from '../steps.mjs';

const sizes = [{ width: 320, height: 640 }, { width: 390, height: 844 }, { width: 1280, height: 800 }];
const every = sizes.flatMap((size) => ['dark', 'light'].flatMap((theme) => ['de', 'en'].map((lang) => ({ ...size, theme, lang }))));
const harder = [
  { width: 1280, height: 800, theme: 'light', lang: 'de', text: 200 },
  { width: 390, height: 844, theme: 'dark', lang: 'de', text: 200 },
  { width: 1280, height: 800, theme: 'light', lang: 'en', forced: true },
  { width: 390, height: 844, theme: 'dark', lang: 'de', forced: true },
];

let server, cast;

before(async () => {
  server = await Server.start();
  cast = new Cast();
});
after(async () => {
  await cast?.close();
  await server?.stop();
});

const called = ({ width, theme, lang, text = 100, forced }) => `${width} px ${theme} ${lang}${text === 100 ? '' : ` ${text} %`}${forced ? ' forced colours' : ''}`;

test('all pages in all looks', async (t) => {
  const faces = { hostFace: makeFace(cast.dir, 'host', 'green', 440, { light: true }), speakerFace: makeFace(cast.dir, 'speaker', 'red', 1500, { light: true }) };
  for await (const { name, page, main } of gallery(server, cast, faces)) {
    await t.test(name, () => pictured(name, () => [page], async () => {
      const found = [];
      for (const look of [...(main ? harder : []), ...every]) {
        await wear(page, look);
        const wrong = await complaints(page, look, ...(main && (look.forced || (look.theme === 'light' && look.lang === 'en')) ? [focusSeen] : []));
        found.push(...wrong.map((c) => `${called(look)}: ${c}`));
      }
      await wear(page, desk);
      assert.deepEqual(found, []);
      assertQuiet(page);
    }));
  }
});
