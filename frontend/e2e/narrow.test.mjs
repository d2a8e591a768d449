// Viewers behind firewalls: no UDP, or nothing but a relay; and a machine that speaks IPv6 only.
import assert from 'node:assert/strict';
import { after, before, test as story } from 'node:test';
import { Cast, makeFace, person, pictured } from './browser.mjs';
import { certificate, trust } from './certificate.mjs';
import { onlyRelays, onlyTCP, path } from './narrow.mjs';
import { Organizer } from './organizer.mjs';
import { Server } from './server.mjs';
import { assertQuiet, enterStage, join, moves } from './steps.mjs';

let server, cast, hostBrowser, audience, host, webinar;
const pages = [];

before(async () => {
  cast = new Cast();
  const own = certificate(cast.dir);
  server = await Server.start({
    env: {
      PLENUM_TURN_LISTEN: '127.0.0.1:0', PLENUM_TURN_TLS_LISTEN: '127.0.0.1:0', PLENUM_TURN_HOST: '127.0.0.1',
      PLENUM_TURN_TLS_CERT: own.cert, PLENUM_TURN_TLS_KEY: own.key,
    },
  });
  [hostBrowser, audience] = await Promise.all([cast.browser(makeFace(cast.dir, 'host', 'green', 440, { light: true })), cast.browser(undefined, trust(own))]);
  host = await person(hostBrowser, server.url);
  host.setDefaultTimeout(20_000);
  webinar = await (await Organizer.of(server, host)).live('Narrow');
  await enterStage(host, `${server.url}/stage/${webinar.id}`);
});

after(async () => {
  await cast?.close();
  const how = await server?.stop();
  assert.deepEqual(how, { code: 0, signal: null }, `the server ends cleanly\n${server.output}`);
});

const test = (name, f) => story(name, (t) => pictured(name, () => [host, ...pages], () => f(t)));

for (const [name, script, pattern, want] of [
  ['without UDP a viewer is served over TCP', onlyTCP, undefined, { relayed: false, protocol: 'tcp' }],
  ['where only a relay gets through, over UDP', onlyRelays, '^turn:.*transport=udp', { relayed: true, protocol: 'udp' }],
  ['where only a relay gets through, over TCP', onlyRelays, '^turn:.*transport=tcp', { relayed: true, protocol: 'tcp' }],
  ['where only a relay gets through, over TLS', onlyRelays, '^turns:', { relayed: true, protocol: 'tls' }],
]) {
  test(name, async (t) => {
    const page = await person(audience, server.url);
    pages.push(page);
    page.setDefaultTimeout(20_000);
    await page.context().addInitScript(script, pattern);
    const ms = await join(page, webinar.link);
    t.diagnostic(`the first picture after ${Math.round(ms)} ms`);
    await moves(page, 10);
    assert.deepEqual(await path(page), want);
    assertQuiet(page);
    await page.context().close();
  });
}

test('everything over IPv6', async () => {
  const six = await Server.start({ env: { PLENUM_LISTEN: '[::1]:0', PLENUM_MEDIA_LISTEN: '[::1]:0', PLENUM_MEDIA_ADDRESSES: '::1', PLENUM_URL: '' } });
  try {
    const url = six.url;
    const speaker = await person(hostBrowser, url);
    speaker.setDefaultTimeout(20_000);
    pages.push(speaker);
    const room = await (await Organizer.of(six, speaker)).live('Six');
    await enterStage(speaker, `${url}/stage/${room.id}`);
    for (const protocol of ['udp', 'tcp']) {
      const viewer = await person(audience, url);
      viewer.setDefaultTimeout(20_000);
      pages.push(viewer);
      if (protocol === 'tcp') await viewer.context().addInitScript(onlyTCP);
      await join(viewer, room.link);
      await moves(viewer, 10);
      assert.deepEqual(await path(viewer), { relayed: false, protocol });
      assertQuiet(viewer);
      await viewer.context().close();
    }
    assertQuiet(speaker);
    await speaker.context().close();
  } finally {
    await six.stop();
  }
});
