// Every page in every state that is worth seeing: the main ones at a desk in light English and on a phone in dark German,
// the others in one of the two by turns. full/pages.test.mjs looks at each in all looks.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Cast, makeFace, pictured } from './browser.mjs';
import { gallery } from './gallery.mjs';
import { byTurns, complaints, desk, focusSeen, handheld, wear } from './looks.mjs';
import { Server } from './server.mjs';
import { assertQuiet } from './steps.mjs';

let server, cast;

before(async () => {
  server = await Server.start();
  cast = new Cast();
});
after(async () => {
  await cast?.close();
  await server?.stop();
});

test('all pages', async (t) => {
  const slow = { light: true, rate: 5 }; // whoever looks at pages needs no more pictures
  const faces = { hostFace: makeFace(cast.dir, 'host', 'green', 440, slow), speakerFace: makeFace(cast.dir, 'speaker', 'red', 1500, slow) };
  for await (const { name, page, main } of gallery(server, cast, faces)) {
    const looks = main ? [handheld, desk] : byTurns([handheld, desk]);
    await t.test(name, () => pictured(name, () => [page], async () => {
      const found = [];
      for (const look of looks) {
        await wear(page, look);
        const wrong = await complaints(page, look, ...(main && look === desk ? [focusSeen] : []));
        found.push(...wrong.map((c) => `${look.width} ${look.theme} ${look.lang}: ${c}`));
      }
      if (looks.at(-1) !== desk) await wear(page, desk);
      assert.deepEqual(found, []);
      assertQuiet(page);
    }));
  }
});
