// Power cut, full disk, object store away: the broadcast goes on, and what was recorded with consent is there afterwards.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { appendFile, rm, statfs, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { join as path } from 'node:path';
import { after, before, describe, test as story } from 'node:test';
import { Cast, makeFace, person, pictured } from './browser.mjs';
import { complaints, probe } from './media.mjs';
import { Organizer } from './organizer.mjs';
import { Server } from './server.mjs';
import { announce, answer, enterStage, join, moves, startRecording } from './steps.mjs';

let cast, browser, audience;

before(async () => {
  cast = new Cast();
  browser = await cast.browser(makeFace(cast.dir, 'host', 'green', 440, { light: true }));
  audience = await cast.browser();
});
after(() => cast?.close());

/** A story; when it fails, the screens of all are kept in test-results/. */
const test = (name, f) => story(name, (t) => pictured(name, () => [browser, audience].flatMap((b) => b.contexts()).flatMap((c) => c.pages()), () => f(t)));

/** A host on stage who is being recorded, and somebody who watches. */
async function recording(server) {
  const host = await person(browser, server.url);
  host.setDefaultTimeout(20_000);
  const webinar = await (await Organizer.of(server, host)).live('Faults');
  await enterStage(host, `${server.url}/stage/${webinar.id}`);
  const watcher = await person(audience, server.url);
  watcher.setDefaultTimeout(20_000);
  await join(watcher, webinar.link);
  await announce(host);
  await answer(host, 'Record me');
  await startRecording(host);
  await host.getByRole('button', { name: 'Pause recording' }).waitFor();
  await server.written(3);
  return { host, watcher, id: webinar.id };
}

const list = (page, id) => page.evaluate(async (w) => (await fetch(`/api/webinars/${w}/recordings`)).json(), id);

/** Waits until the newest recording is as it should be. */
async function until(page, id, good, what) {
  let last;
  for (let i = 0; i < 120; i++) {
    [last] = await list(page, id);
    if (last && good(last)) return last;
    await page.waitForTimeout(250);
  }
  throw new Error(`${what}: ${JSON.stringify(last)}`);
}

/** Fetches a segment as the organizer and holds it against the strict readers. */
async function sound(page, id, detail) {
  assert.ok(detail.segments.length > 0, 'there is a file');
  for (const segment of detail.segments) {
    const bytes = await page.evaluate(
      async ([w, r, s]) => {
        const answer = await fetch(`/api/webinars/${w}/recordings/${r}/segments/${s}`);
        const data = new Uint8Array(await answer.arrayBuffer());
        let text = '';
        for (let i = 0; i < data.length; i += 8192) text += String.fromCharCode(...data.subarray(i, i + 8192));
        return btoa(text);
      },
      [id, detail.recording.id, segment.id],
    );
    const file = path(cast.dir, `${segment.id}.webm`);
    await writeFile(file, Buffer.from(bytes, 'base64'));
    assert.deepEqual(complaints(file), []);
    assert.ok(probe(file).duration > 1, `${probe(file).duration} s`);
  }
}

async function killed() {
  const server = await Server.start();
  try {
    const { host, watcher, id } = await recording(server);
    await server.kill();
    await server.restart();
    const back = await until(host, id, (d) => d.recording.state === 'paused' && d.recording.reason === 'restart', 'paused by the restart').catch(async () => {
      throw new Error(JSON.stringify(await list(host, id)));
    });
    assert.equal(back.segments.length, 1);
    await moves(watcher, 10); // everybody found the way back by themselves
    await host.getByRole('button', { name: 'Stop recording' }).click();
    await sound(host, id, await until(host, id, (d) => d.recording.state === 'available', 'stored'));
  } finally {
    await server.stop();
  }
}

/** Gives the server a small disk of its own. */
const wrap = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', 'mkdir -p "$PLENUM_DATA" && mount -t tmpfs -o size=48m,mode=700 tmpfs "$PLENUM_DATA" && exec "$@"', 'sh'];

async function fullDisk() {
  const server = await Server.start({ wrap, env: { PLENUM_DISK_RESERVE: '1' } });
  try {
    const { host, watcher, id } = await recording(server);
    const filler = path(server.inside, 'filler');
    // Room for the database's journal is left, none for the next seconds of the recording, which goes on meanwhile.
    for (const left of [1 << 20, 1 << 16]) {
      const { bavail, bsize } = await statfs(server.inside);
      await appendFile(filler, Buffer.alloc(Math.max(0, bavail * bsize - left)));
    }
    await until(host, id, (d) => d.recording.state === 'stopped' || d.recording.state === 'available', 'stopped by the full disk');
    await moves(watcher, 20);
    await rm(filler);
    const end = await until(host, id, (d) => d.recording.state === 'available', 'stored once there is room');
    assert.equal(end.recording.reason, 'disk');
    await sound(host, id, end);
  } finally {
    await server.stop();
  }
}

async function noRoom() {
  const server = await Server.start({ wrap, env: { PLENUM_DISK_RESERVE: '1073741824' } });
  try {
    const organizer = await Organizer.of(server);
    const { id } = await organizer.live('No room');
    const recordings = `/api/webinars/${id}/recordings`;
    const refused = await server.call('POST', recordings, { json: { strict: true }, headers: { cookie: organizer.cookie, origin: server.url } });
    assert.equal(refused.status, 507, JSON.stringify(refused.body));
    assert.match(refused.body.detail, /disk|space/i);
    assert.deepEqual(await organizer.ask('GET', recordings), []);
  } finally {
    await server.stop();
  }
}

async function storeAway() {
  // The second server's object store is the first server's, behind a door that the test can shut.
  const store = await Server.start();
  const key = JSON.parse(readFileSync(path(store.data, 'd', 'store', 'key.json'), 'utf8'));
  let open = true;
  const through = new Set();
  const door = net.createServer((from) => {
    if (!open) return from.destroy();
    const to = net.connect(path(store.data, 'd', 'store', 's3.sock'));
    for (const [a, b] of [[from, to], [to, from]]) {
      through.add(a);
      a.pipe(b);
      a.on('error', () => b.destroy()).on('close', () => through.delete(a));
    }
  });
  await new Promise((ready) => door.listen(0, '127.0.0.1', ready));
  const server = await Server.start({
    env: {
      PLENUM_S3_ENDPOINT: `127.0.0.1:${door.address().port}`, PLENUM_S3_TLS: 'false', PLENUM_S3_BUCKET: 'elsewhere',
      PLENUM_S3_ACCESS_KEY: key.Access, PLENUM_S3_SECRET_KEY: key.Secret,
    },
  });
  try {
    const { host, watcher, id } = await recording(server);
    open = false;
    for (const s of through) s.destroy();
    await host.getByRole('button', { name: 'Stop recording' }).click();
    const waiting = await until(host, id, (d) => d.recording.state === 'stopped' && d.storage === 'retrying' && d.segments.every((s) => s.state === 'sealed'), 'waiting for the store');
    await moves(watcher, 10);
    await sound(host, id, waiting);
    open = true;
    const stored = await until(host, id, (d) => d.recording.state === 'available' && d.storage === 'ok', 'stored');
    await sound(host, id, stored);

    open = false;
    for (const s of through) s.destroy();
    await server.kill();
    await server.restart(); // without its store
    const refused = await host.evaluate(async (w) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`/api/webinars/${w}/recordings`, { method: 'POST', headers, body: '{"strict":true}' });
      return { status: answer.status, ...(await answer.json()) };
    }, id);
    assert.deepEqual([refused.status, refused.code], [503, 'storage'], JSON.stringify(refused));
    const player = await host.context().newPage();
    player.setDefaultTimeout(20_000);
    await player.goto(`${server.url}/recordings/${id}/${stored.recording.id}`);
    await player.getByRole('alert').filter({ hasText: 'The store for recordings does not answer.' }).waitFor();
    await player.getByRole('link', { name: /Download: All files/ }).click(); // refused in words, too
    await player.getByRole('region', { name: 'Downloads' }).getByRole('alert').filter({ hasText: 'The store for recordings does not answer.' }).waitFor();
    open = true;
    const again = player.getByRole('button', { name: 'Try again' });
    const plays = () => player.evaluate(() => [...document.querySelectorAll('video')].some((v) => v.readyState >= 3 && v.videoWidth > 0));
    for (const end = Date.now() + 40_000; !(await plays()); await player.waitForTimeout(1000)) {
      assert.ok(Date.now() < end, 'the player plays once the store is back');
      if (await again.isVisible()) await again.click();
    }
  } finally {
    await server.stop();
    door.close();
    await store.stop();
  }
}

// Each has a server of its own, and most of it is waiting.
describe('faults', { concurrency: true }, () => {
  test('kill -9 while recording: repaired, paused, and only the host resumes it', killed);
  test('a full disk stops the recording cleanly and nothing else', fullDisk);
  test('no recording is started below the disk reserve, and the host is told why', noRoom);
  test('the object store is away at the stop and at a start: playable from the disk, stored when it is back; the player says so and tries again', storeAway);
});
