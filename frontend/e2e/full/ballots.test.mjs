// Every kind of poll and the vote of members: on a phone and at a desk, light and dark, in both languages, and on the wall;
// and what a screen reader says of each card, in which order.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Cast, pictured } from '../browser.mjs';
import { ballots } from '../ballots.mjs';
import { complaints, desk, wear } from '../looks.mjs';
import { heard, Keys, outOfOrder, Score } from '../reading.mjs';
import { Server } from '../server.mjs';
import { assertQuiet } from '../steps.mjs';

const themes = ['dark', 'light'];
const looks = [{ width: 390, height: 844 }, { width: 1280, height: 800 }].flatMap((size) => themes.flatMap((theme) => ['de', 'en'].map((lang) => ({ ...size, theme, lang }))));
const walls = themes.map((theme) => ({ width: 1920, height: 1080, theme, lang: 'en' }));
/** Where pictures are put, if anywhere. */
const album = process.env.PLENUM_PICTURES;

let server, cast;

before(async () => {
  server = await Server.start();
  cast = new Cast();
});
after(async () => {
  await cast?.close();
  await server?.stop();
});

/** Nobody scrolls a wall. */
const inOneView = (page) => page.evaluate(() => (document.documentElement.scrollHeight > innerHeight ? [`${document.documentElement.scrollHeight} px high`] : []));

test('all kinds of polls in all looks', async (t) => {
  const score = new Score();
  for await (const { name, page, card, shuffled, wall } of ballots(server, await cast.browser())) {
    await t.test(name, () => pictured(name, () => [page], async () => {
      const found = [];
      if (card) {
        await wear(page, desk);
        await score.hear(name, () => heard(card, shuffled));
        found.push(...(await new Keys(page).astray(card)));
      }
      for (const look of wall ? walls : looks) {
        await wear(page, look);
        const wrong = await complaints(page, look, ...(wall ? [inOneView] : []), ...(card ? [() => outOfOrder(card)] : []));
        found.push(...wrong.map((c) => `${look.width} ${look.theme} ${look.lang}: ${c}`));
        // German is longer: what holds on the phone in German holds in English.
        if (album && (wall || (look.theme === 'dark') === (look.lang === 'de'))) await page.screenshot({ path: join(album, `${name}-${look.width}-${look.theme}.png`), fullPage: !wall });
      }
      await wear(page, wall ? walls[1] : desk);
      assert.deepEqual(found, []);
      assertQuiet(page);
    }));
  }
  score.end();
});
