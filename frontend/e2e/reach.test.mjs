// Lines that break and networks that let little through.
import assert from 'node:assert/strict';
import { after, before, test as story } from 'node:test';
import { Cast, makeFace, person, pictured } from './browser.mjs';
import { freePort, Line } from './line.mjs';
import { Organizer } from './organizer.mjs';
import { Server } from './server.mjs';
import { assertQuiet, enterStage, frames, join, moves } from './steps.mjs';

let server, cast, host, viewer, hostLine, viewerLine;

before(async () => {
  const media = await freePort();
  server = await Server.start({ env: { PLENUM_MEDIA_LISTEN: `127.0.0.1:${media}` } });
  [hostLine, viewerLine] = await Promise.all([Line.open(server.url, media), Line.open(server.url, media)]);
  cast = new Cast();
  const [hostBrowser, audience] = await Promise.all([cast.browser(makeFace(cast.dir, 'host', 'green', 440, { light: true, rate: 15 })), cast.browser()]);
  host = await person(hostBrowser, hostLine.url);
  viewer = await person(audience, viewerLine.url);
  for (const p of [host, viewer]) p.setDefaultTimeout(40_000);
  const webinar = await (await Organizer.of(server, host)).live('Reach');
  await enterStage(host, `${hostLine.url}/stage/${webinar.id}`);
  const link = new URL(webinar.link);
  await join(viewer, viewerLine.url + link.pathname + link.search + link.hash);
  await moves(viewer);
});

after(async () => {
  await cast?.close();
  for (const line of [hostLine, viewerLine]) line?.close();
  const how = await server?.stop();
  assert.deepEqual(how, { code: 0, signal: null }, `the server ends cleanly\n${server.output}`);
});

const test = (name, f) => story(name, (t) => pictured(name, () => [host, viewer], () => f(t)));

/** Milliseconds until the page shows three pictures more than it does now. */
async function untilItMoves(page) {
  const from = Date.now();
  const before = (await frames(page)).reduce((a, b) => a + b, 0);
  for (;;) {
    const now = (await frames(page)).reduce((a, b) => a + b, 0);
    if (now >= before + 3) return Date.now() - from;
    if (now < before) throw new Error('the picture was replaced'); // a new connection would begin at zero
    if (Date.now() > from + 20_000) throw new Error('no picture moved within 20 s');
    await page.waitForTimeout(20);
  }
}

/** Connections that the page has made and not closed. */
const sessions = (page) => page.evaluate(() => performance.getEntriesByType('resource').filter((e) => /\/(whip|whep)$/.test(e.name)).length);

for (const [who, line] of [['a viewer', () => viewerLine], ['a speaker', () => hostLine]]) {
  test(`${who} without a network for ten seconds is back with a moving picture at once`, async (t) => {
    const made = [await sessions(host), await sessions(viewer)];
    // On a busy machine one try may be held up.
    const took = [];
    for (let n = 0; n < 2 && !took.some((ms) => ms <= 3000); n++) {
      await moves(viewer, n === 0 ? 10 : 30);
      await line().cutFor(10_000);
      took.push(await untilItMoves(viewer));
      t.diagnostic(`the picture moved ${took.at(-1)} ms after the network was back`);
    }
    assert.ok(took.some((ms) => ms <= 3000), `${took.join(', ')} ms`);
    await moves(viewer, 30);
    assert.deepEqual([await sessions(host), await sessions(viewer)], made, 'nobody had to connect anew');
  });
}

test('viewer and host read how the line of the viewer is, as it changes', async (t) => {
  const health = host.locator('details', { hasText: /connected/ }).locator('summary');
  const began = Date.now();
  // A busy machine makes the picture smaller, too, and reports come late: what is sure is what is lost on the line.
  const timeout = 90_000;
  const connected = ['good', 'fair', 'poor', 'reduced', 'sound', 'held'];
  const reads = async (line, all) => {
    await viewer.locator(line.map((l) => `[data-line=${l}]`).join()).first().waitFor({ timeout });
    await health.filter({ hasText: all }).waitFor({ timeout });
    t.diagnostic(`after ${Date.now() - began} ms: ${await viewer.locator('[data-line]').first().innerText()} / ${await health.innerText()}`);
  };
  await reads(connected, /^1 connected.* sound fine for all$/);
  viewerLine.loss = 0.12;
  await reads(['poor', 'reduced', 'sound'], /^1 connected · 1 with a weak line · sound fine for 0$/);
  viewerLine.loss = 0;
  await reads(connected, /^1 connected.* sound fine for all$/);
  const cut = viewerLine.cutFor(14_000);
  await reads(['reconnecting'], /connected/);
  await cut;
  await reads(connected, /^1 connected.* sound fine for all$/);
});

test('nothing left the site and no page complained', () => assertQuiet(host, viewer));
