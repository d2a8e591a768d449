// Each way into the network with each browser: nothing is lost while layers change, slots begin and the publisher reloads.
import assert from 'node:assert/strict';
import { after, before, test as story } from 'node:test';
import { Cast, makeFace, person, pictured } from '../browser.mjs';
import { firefoxOf } from '../firefox.mjs';
import { playerSite } from '../player.mjs';
import { Server } from '../server.mjs';
import { assertQuiet, createWebinar, enterStage, goLive, inviteSpeaker, join, makeAccount, moves } from '../steps.mjs';
import { assertWhole, received, sounds } from '../traffic.mjs';

let cast, browsers, players;

before(async () => {
  cast = new Cast();
  const [hosts, speakers, chromium, fox] = await Promise.all([
    cast.browser(makeFace(cast.dir, 'host', 'green', 440, { size: '960x540', rate: 15 })), cast.browser(makeFace(cast.dir, 'speaker', 'red', 1500, { light: true })), cast.browser(), firefoxOf(cast),
  ]);
  browsers = { hosts, speakers, chromium, fox };
  players = await playerSite();
});
after(async () => {
  players?.close();
  await cast?.close();
});

/** Waits until the widest picture that a page gets is this wide. */
async function widest(page, width) {
  let got;
  for (const end = Date.now() + 30_000; Date.now() < end; await page.waitForTimeout(200)) {
    got = await received(page);
    if (Math.max(...got.widths) === width) return;
  }
  throw new Error(`no picture of ${width} pixels came: ${JSON.stringify(got)}`);
}

/** The ways in which the server's workers hand media to the system, as its metrics tell. */
async function egress(server) {
  const token = server.command(['token', 'create', '--user', 'ada@example.org', '--scope', 'metrics']);
  const { body } = await server.call('GET', '/metrics', { token });
  return [...body.matchAll(/^plenum_media_workers\{path="(\w+)"\} [1-9]/gm)].map((m) => m[1]);
}

for (const path of ['gso', 'sendmmsg', 'sendto']) {
  story(`${path}: Chromium and Firefox lose nothing`, async (t) => {
    const server = await Server.start({ env: { PLENUM_MEDIA_EGRESS: path } });
    t.after(() => server.stop());
    const pages = [];
    const come = async (browser, site = server.url) => {
      const p = await person(browser, site);
      p.setDefaultTimeout(30_000);
      pages.push(p);
      return p;
    };
    await pictured(`matrix ${path}`, () => pages, async () => {
      const host = await come(browsers.hosts);
      await makeAccount(host, server);
      assert.deepEqual(await egress(server), [path], 'the way that was asked for is the one that is taken');
      const webinar = await createWebinar(host, 'Matrix');
      const link = await inviteSpeaker(host, 'Dr. Red');
      const ticket = await (await host.context().request.post(`${server.url}/api/webinars/${webinar.id}/tickets`, { data: { role: 'attendee', name: 'Player' } })).json();
      await enterStage(host, `${server.url}/stage/${webinar.id}`);
      await goLive(host);

      const audience = { 'Chromium': await come(browsers.chromium), 'Firefox': await come(browsers.fox) };
      for (const viewer of Object.values(audience)) await join(viewer, webinar.link);
      // One seat, one session: the player of others comes in the one browser here, and in the other elsewhere.
      const name = path === 'sendmmsg' ? 'Chromium' : 'Firefox';
      const player = await come(name === 'Chromium' ? browsers.chromium : browsers.fox, players.url);
      await player.goto(players.url);
      await player.evaluate(([u, s]) => window.play(u, s), [`${server.url}/api/webinars/${webinar.id}/whep`, ticket.secret]);
      audience[`a plain player in ${name}`] = player;
      const all = Object.entries(audience);
      const whole = async (when) => {
        for (const [who, page] of all) {
          await moves(page, 20);
          await sounds(page, 25);
          await assertWhole(page, `${path}, ${who}, ${when}`);
        }
      };
      for (const page of [audience.Chromium, audience.Firefox]) await widest(page, 960);
      await whole('one picture');

      // A second face: a slot begins, and none of several faces is sent at its best.
      const speaker = await come(browsers.speakers);
      await enterStage(speaker, link);
      for (const page of [audience.Chromium, audience.Firefox]) await widest(page, 480);
      await whole('two pictures');

      await speaker.close();
      for (const page of [audience.Chromium, audience.Firefox]) await widest(page, 960);
      await whole('one picture again');

      await host.getByRole('button', { name: 'Share screen' }).click();
      for (const page of [audience.Chromium, audience.Firefox]) await page.getByText('Screen of Ada Host').waitFor();
      await whole('with a screen');
      await host.getByRole('button', { name: 'Stop sharing' }).click();
      for (const page of [audience.Chromium, audience.Firefox]) await page.getByText('Screen of Ada Host').waitFor({ state: 'hidden' });
      await whole('without the screen');

      await host.reload();
      await host.getByRole('button', { name: 'Turn on camera and microphone' }).click();
      await host.getByRole('button', { name: 'Go on stage' }).click();
      await host.getByRole('button', { name: 'Mute', exact: true }).waitFor();
      await whole('after the publisher’s reload');
      for (const [who, page] of all) t.diagnostic(`${who}: ${JSON.stringify(await received(page))}`);

      assert.equal(await player.evaluate(() => window.hangUp()), 200, 'the player ends its session');
      assertQuiet(host, audience.Chromium, audience.Firefox);
    });
    for (const p of pages) if (!p.isClosed()) await p.context().close();
    assert.deepEqual(await server.stop(), { code: 0, signal: null }, `the server ends cleanly\n${server.output}`);
  });
}
