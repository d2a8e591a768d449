// The process is ended with kill -9 at random moments, again and again: no file and no acknowledged vote is lost.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join as path } from 'node:path';
import { after, before, test } from 'node:test';
import { Cast, makeFace, person, pictured } from '../browser.mjs';
import { chance } from '../chance.mjs';
import { Lateness } from '../lateness.mjs';
import { complaints, probe } from '../media.mjs';
import { Server } from '../server.mjs';
import { announce, answer, createWebinar, enterStage, goLive, makeAccount, preparePoll, startRecording } from '../steps.mjs';

const lostAtMost = 2500; // ms that a power cut may take of the end: the depth of the jitter buffer and one open cluster
const unheard = 3000; // ms between a start and the first sound or key frame, at most

let server, cast, host, webinar;

before(async () => {
  server = await Server.start();
  cast = new Cast();
  const browser = await cast.browser(makeFace(cast.dir, 'host', 'green', 440));
  host = await person(browser, server.url);
  host.setDefaultTimeout(30_000);
  await makeAccount(host, server);
  webinar = await createWebinar(host, 'Kill loop');
});
after(async () => {
  await cast?.close();
  await server?.stop();
});

const api = (p) => `${server.url}/api/webinars/${webinar.id}${p}`;

/** Asks as the host until the answer is good; the server may be on its way up. */
async function until(p, good, what) {
  let last;
  for (const end = Date.now() + 45_000; Date.now() < end; ) {
    const r = await host.context().request.get(api(p)).catch((e) => ({ ok: () => false, status: () => String(e) }));
    last = r.ok() ? await r.json() : r.status();
    if (r.ok() && good(last)) return last;
    await host.waitForTimeout(100);
  }
  throw new Error(`${what}: ${JSON.stringify(last)}`);
}

const files = new Map();

/** Every file that is listed is sound, and those that were complete stay as they are. */
async function allSound(list) {
  for (const { recording, segments } of list) {
    for (const s of segments) {
      const r = await host.context().request.get(api(`/recordings/${recording.id}/segments/${s.id}?download=1`));
      assert.equal(r.status(), 200, `file ${s.id} (${s.state}) can be fetched`);
      const bytes = await r.body();
      const before = files.get(s.id);
      if (before) {
        assert.ok(before.equals(bytes), `file ${s.id} is the same as before`);
        continue;
      }
      const file = path(cast.dir, `${s.id}.webm`);
      writeFileSync(file, bytes);
      assert.deepEqual(complaints(file), [], `file ${s.id}`);
      assert.ok(Math.abs(probe(file).duration * 1000 - s.duration_ms) < 50, `file ${s.id} is as long as it says`);
      files.set(s.id, bytes);
    }
  }
}

async function record() {
  await announce(host);
  await answer(host, 'Record me');
  await startRecording(host);
}

/** Presses Resume as often as the page offers it, until the recording runs with a file; answers how often. */
async function resume() {
  const button = host.getByRole('button', { name: 'Resume' });
  let pressed = 0;
  await until('/recordings', () => true, 'the recordings');
  for (const end = Date.now() + 60_000; Date.now() < end; await host.waitForTimeout(250)) {
    const r = await host.context().request.get(api('/recordings')).catch(() => undefined);
    if (r?.ok() && running(await r.json())) return pressed;
    if (await button.isVisible()) {
      await button.click();
      pressed++;
    }
  }
  throw new Error(`the recording does not go on after ${pressed} times Resume`);
}

const running = (list) => list[0]?.recording.state === 'recording' && list[0].segments.some((s) => s.state === 'writing');

test('kill -9 while recording, eight times', (t) => pictured('kill while recording', () => [host], async () => {
  const { seed, between } = chance();
  t.diagnostic(`PLENUM_SEED=${seed}`);
  await enterStage(host, `${server.url}/stage/${webinar.id}`);
  await goLive(host);
  await record();
  let judged = 0;
  for (let round = 1; round <= 8; round++) {
    await until('/recordings', running, `round ${round}: recording runs`);
    const begun = Date.now();
    const late = await Lateness.watch(server, host);
    const ran = between(200, 6000);
    await host.waitForTimeout(ran);
    const missing = await late.sum();
    const killed = Date.now();
    await server.kill();
    await server.restart();
    const list = await until('/recordings', (l) => l[0].recording.state === 'paused' && l.every((d) => d.segments.every((s) => s.state !== 'writing')), `round ${round}: paused and repaired`);
    assert.equal(list[0].recording.reason, 'restart');
    const known = new Set(files.keys());
    await allSound(list);

    // The beginning is one thing, and what the end of the process takes another.
    const started = Date.parse(list[0].recording.started_at);
    const fresh = list[0].segments.filter((s) => !known.has(s.id));
    const first = Math.max(0, started + Math.min(...fresh.map((s) => s.start_ms)) - begun);
    const short = killed - started - Math.max(...fresh.map((s) => s.start_ms + s.duration_ms));
    const ms = (n) => (n === undefined ? 'untold' : `${Math.round(n)} ms`);
    t.diagnostic(`round ${round}: killed after ${ms(killed - begun)}, ${fresh.length ? `begun after ${ms(first)}, ${ms(short)} short` : 'no file'}; ${ms(missing)} for want of time`);
    if (missing !== undefined) {
      judged++;
      if (fresh.length) {
        assert.ok(first - missing <= unheard, `it begins ${ms(first)} after the start`);
        assert.ok(short - missing <= lostAtMost, `${ms(short)} are missing at the end`);
      } else assert.ok(killed - begun - missing <= unheard + lostAtMost, `nothing is kept of ${ms(killed - begun)}`);
    }

    // The host goes on: with the same recording, announced again, or with a new one.
    if (round % 2) t.diagnostic(`round ${round}: resumed after ${await resume()} clicks`);
    else {
      await host.getByRole('button', { name: 'Stop recording' }).click();
      await record();
    }
  }
  await until('/recordings', running, 'recording runs at last');
  await host.waitForTimeout(2000);
  await host.getByRole('button', { name: 'Stop recording' }).click();
  const list = await until('/recordings', (l) => l.every((d) => d.recording.state === 'available'), 'all is stored');
  await allSound(list);
  assert.equal(list.length, 5, 'the first recording and four new ones');
  assert.ok(judged > 0, 'the machine had time enough to tell what a kill costs');
  assert.ok(files.size > 0, 'something was recorded');
}));

test('kill -9 while people vote, five times', (t) => pictured('kill while voting', () => [host], async () => {
  const { seed, between } = chance();
  t.diagnostic(`PLENUM_SEED=${seed}`);
  await host.goto(`${server.url}/webinars/${webinar.id}`);
  for (let i = 1; i <= 5; i++) await preparePoll(host, `Round ${i}?`, ['Yes', 'No', 'Perhaps']);
  const seats = [];
  while (seats.length < 300) {
    seats.push(...await Promise.all(Array.from({ length: 20 }, async () => {
      const r = await server.call('POST', `/api/webinars/${webinar.id}/join`, { json: {} });
      assert.equal(r.status, 200, JSON.stringify(r.body));
      return r.headers.get('set-cookie').split(';')[0];
    })));
  }
  const polls = await until('/polls', (l) => l.length === 5, 'the polls');
  for (const [round, { id, options }] of polls.entries()) {
    const post = async (step) => assert.equal((await host.context().request.post(api(`/polls/${id}/${step}`))).status(), 200);
    await post('open');
    const receipts = seats.map(() => randomBytes(32).toString('hex'));
    const acknowledged = new Set();
    /** One person sends the vote; true when the server has said that it is stored. */
    const cast = async (i) => {
      const r = await server.call('POST', `/api/webinars/${webinar.id}/polls/${id}/votes`, { json: { answer: { options: [options[i % 3].id] }, receipt: receipts[i] }, headers: { cookie: seats[i] } }).catch(() => undefined);
      if (!r) return false;
      // Whoever sends the only vote they have once more, and hears that they have voted, knows that it is stored.
      const stored = r.status === 201 ? r.body.receipt === receipts[i] : r.status === 409 && r.body.code === 'already-voted';
      if (!stored) throw new Error(`${r.status} ${JSON.stringify(r.body)}`);
      acknowledged.add(receipts[i]);
      return true;
    };
    // The votes come over a fifth of a second, and the end of the process somewhere between them.
    const votes = Promise.all(seats.map(async (_, i) => {
      await new Promise((r) => setTimeout(r, (i / seats.length) * 200));
      return cast(i);
    }));
    const [first] = await Promise.all([votes, new Promise((r) => setTimeout(r, between(10, 190))).then(() => server.kill())]);
    const held = new Set(acknowledged);
    await server.restart();

    // Half of those who do not know send the same vote again, and a few who do know, too.
    const again = seats.map((_, i) => i).filter((i) => (first[i] ? i % 10 === 0 : i % 2 === 0));
    for (const ok of await Promise.all(again.map(cast))) assert.ok(ok, 'the server answers after the restart');
    await post('close');
    const box = await until(`/polls/${id}/receipts`, () => true, 'the receipts');
    const { tally } = (await until('/polls', () => true, 'the tally')).find((p) => p.id === id);
    t.diagnostic(`round ${round + 1}: ${held.size} of ${seats.length} acknowledged before the end, ${box.length} in the box`);
    assert.equal(new Set(box).size, box.length, 'none twice');
    assert.deepEqual([...acknowledged].filter((r) => !box.includes(r)), [], 'every acknowledged vote is there');
    assert.ok(box.every((r) => receipts.includes(r)), 'nobody else is there');
    assert.equal(tally.total, box.length);
    assert.equal(tally.votes.reduce((a, b) => a + b, 0), box.length);
    assert.deepEqual(tally.votes, [0, 1, 2].map((o) => box.filter((r) => receipts.indexOf(r) % 3 === o).length), 'each for what its person chose');
  }
}));
