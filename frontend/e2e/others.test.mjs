// Programs of others at both ends: a page of another site publishes over WHIP, another page of that site and our own
// watch, and all that the first two know is an address and a ticket. The organizer is a script.
import assert from 'node:assert/strict';
import { after, before, test as story } from 'node:test';
import { Cast, makeFace, person, pictured } from './browser.mjs';
import { playerSite } from './player.mjs';
import { Server } from './server.mjs';
import { assertQuiet, join, moves } from './steps.mjs';
import { assertWhole, sounds } from './traffic.mjs';

const email = 'ada@example.org';
let server, cast, site, encoders, audience, token;
const pages = [];

before(async () => {
  server = await Server.start();
  server.command(['user', 'add', '--email', email, '--name', 'Ada Host'], 'four words nobody guesses\n');
  token = server.command(['token', 'create', '--user', email]);
  cast = new Cast();
  site = await playerSite();
  [encoders, audience] = await Promise.all([cast.browser(makeFace(cast.dir, 'encoder', 'green', 440, { light: true })), cast.browser()]);
});
after(async () => {
  await cast?.close();
  site?.close();
  const how = await server?.stop();
  assert.deepEqual(how, { code: 0, signal: null }, `the server ends cleanly\n${server.output}`);
});

const test = (name, f) => story(name, (t) => pictured(name, () => pages, () => f(t)));

/** An API call of the script; answers the body. */
async function ask(method, path, json) {
  const r = await server.call(method, path, { token, json });
  assert.ok(r.status < 300, `${method} ${path}: ${r.status} ${JSON.stringify(r.body)}`);
  return r.body;
}

async function open(browser, url) {
  const page = await person(browser, url);
  page.setDefaultTimeout(20_000);
  pages.push(page);
  await page.goto(url);
  return page;
}

/** The codec of the picture that a page decodes. */
const decoded = (page) =>
  page.evaluate(async () => {
    const stats = await window.plenumStats();
    const picture = stats.find((s) => s.type === 'inbound-rtp' && s.kind === 'video' && s.framesDecoded > 0);
    return stats.find((s) => s.id === picture?.codecId)?.mimeType;
  });

// Firefox plays H.264 only with a module that it fetches from its maker, which these tests do not let it; as a plain player
// of VP8 it is part of the matrix in full/.
test('H.264 from an encoder of others, in a plain player and on our own page', async (t) => {
  const { id, link } = await ask('POST', '/api/webinars', { title: 'H.264' });
  const one = `/api/webinars/${id}`;
  const ticket = async (role) => (await ask('POST', `${one}/tickets`, { role, name: role })).secret;
  await ask('POST', `${one}/live`);

  const encoder = await open(encoders, site.url);
  await encoder.evaluate(([u, s]) => window.publish(u, s, 'video/H264'), [`${server.url}${one}/whip`, await ticket('speaker')]);
  const player = await open(audience, site.url);
  await player.evaluate(([u, s]) => window.play(u, s), [`${server.url}${one}/whep`, await ticket('attendee')]);
  const viewer = await open(audience, server.url);
  await join(viewer, link);
  for (const [who, page] of [['a plain player', player], ['our own page', viewer]]) {
    await moves(page, 20);
    await sounds(page, 25);
    t.diagnostic(`${who}: ${JSON.stringify(await assertWhole(page, who))}`);
    assert.equal(await decoded(page), 'video/H264', who);
  }
  for (const page of [player, encoder]) assert.equal(await page.evaluate(() => window.hangUp()), 200, 'the session ends');
  assertQuiet(viewer);
});
