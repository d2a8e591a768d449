// The promise, seen from the files: everybody's picture and tone change their code at each click, every object that was
// made is decoded, and not one picture or moment of a phase without consent is in any of them.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join as path } from 'node:path';
import { after, before, test as story } from 'node:test';
import { Cast, person, pictured } from '../browser.mjs';
import { armPhase, coded, picturePhases, setPhase, soundPhases } from '../coded.mjs';
import { complaints, probe } from '../media.mjs';
import { Server } from '../server.mjs';
import { announce, answer, createWebinar, enterStage, goLive, indicated, inviteSpeaker, makeAccount, startRecording } from '../steps.mjs';

// Who is filmed in which phase. Those that are kept must be in the files, all others must not.
const phase = {
  over: 0,
  hostBefore: 1, hostRecorded: 2, hostPaused: 3, hostResumed: 4,
  saraRefused: 6, saraWithdrawn: 7, saraAfterwards: 8, saraAgain: 9, saraReloaded: 10, saraPaused: 11, saraResumed: 12,
  rosaUnasked: 13, rosaAgreed: 14, rosaPaused: 15,
};
const kept = ['hostRecorded', 'hostResumed', 'saraAgain', 'saraReloaded', 'saraResumed', 'rosaAgreed'];
const span = 6000; // ms of a phase; a key frame must be there within three seconds of a consent

let server, cast, host, sara, rosa, webinar;
const lasted = {}; // seconds of each phase that is kept

before(async () => {
  server = await Server.start();
  cast = new Cast();
  const browser = await cast.browser();
  const people = await Promise.all([phase.hostBefore, phase.saraRefused, phase.rosaUnasked].map(async (first) => {
    const page = await person(browser, server.url);
    page.setDefaultTimeout(30_000);
    await coded(page, first);
    return page;
  }));
  [host, sara, rosa] = people;
});
after(async () => {
  await cast?.close();
  const how = await server?.stop();
  assert.deepEqual(how, { code: 0, signal: null }, `the server ends cleanly\n${server.output}`);
});

const test = (name, f) => story(name, (t) => pictured(name, () => [host, sara, rosa], () => f(t)));

/** Lets a phase go on for a while, and remembers for how long. */
async function during(...names) {
  await host.waitForTimeout(span);
  for (const n of names) lasted[n] = (lasted[n] ?? 0) + span / 1000;
}

const changeMind = (page) => page.getByRole('button', { name: 'Change my answer' }).click();

test('the host agrees, Sara does not, and the recording starts', async () => {
  await makeAccount(host, server);
  webinar = await createWebinar(host, 'The promise');
  webinar.sara = await inviteSpeaker(host, 'Sara');
  webinar.rosa = await inviteSpeaker(host, 'Rosa');
  await enterStage(host, `${server.url}/stage/${webinar.id}`);
  await enterStage(sara, webinar.sara);
  await goLive(host);
  await announce(host, { strict: false });
  await answer(host, 'Record me');
  await answer(sara, 'Don’t record me');
  await host.getByRole('button', { name: 'Start recording' }).and(host.locator(':enabled')).waitFor();
  await armPhase(host, phase.hostRecorded);
  await startRecording(host);
  await indicated(sara, 'Recording');
  await during('hostRecorded');
});

test('Sara agrees, withdraws, and agrees again', async () => {
  await changeMind(sara);
  await armPhase(sara, phase.saraWithdrawn);
  await answer(sara, 'Record me');
  await during('hostRecorded');
  await armPhase(sara, phase.saraAfterwards);
  await sara.getByRole('button', { name: 'Withdraw consent' }).click();
  await sara.getByText('Withdrawn: you are not recorded').waitFor();
  await during('hostRecorded');
  await changeMind(sara);
  await armPhase(sara, phase.saraAgain);
  await answer(sara, 'Record me');
  await during('hostRecorded', 'saraAgain');
});

test('Rosa comes to the stage while it is recorded, and agrees later', async () => {
  await rosa.goto(webinar.rosa);
  await rosa.getByText('This event is being recorded').waitFor(); // told before she enters
  await rosa.locator('[data-recording=recording]').waitFor();
  await enterStage(rosa, webinar.rosa);
  await during('hostRecorded', 'saraAgain');
  await armPhase(rosa, phase.rosaAgreed);
  await answer(rosa, 'Record me');
  await during('hostRecorded', 'saraAgain', 'rosaAgreed');
});

test('a pause is of nobody', async () => {
  await host.getByRole('button', { name: 'Pause recording' }).click();
  await host.getByRole('button', { name: 'Resume recording' }).waitFor();
  await Promise.all([setPhase(host, phase.hostPaused), setPhase(sara, phase.saraPaused), setPhase(rosa, phase.rosaPaused)]);
  await during();
  await Promise.all([armPhase(host, phase.hostResumed), setPhase(sara, phase.saraResumed), setPhase(rosa, phase.rosaAgreed)]);
  await host.getByRole('button', { name: 'Resume recording' }).click();
  await indicated(rosa, 'Recording');
  await during('hostResumed', 'saraResumed', 'rosaAgreed');
});

test('who comes back is recorded again, by the same consent', async () => {
  await setPhase(sara, phase.saraReloaded);
  await sara.reload();
  await sara.getByRole('button', { name: 'Turn on camera and microphone' }).click();
  await sara.getByRole('button', { name: 'Go on stage' }).click();
  await sara.getByRole('button', { name: 'Mute', exact: true }).waitFor();
  await during('hostResumed', 'saraReloaded', 'rosaAgreed');
  await host.getByRole('button', { name: 'Stop recording' }).click();
  await host.getByRole('button', { name: 'Stop recording' }).waitFor({ state: 'hidden' });
  await Promise.all([host, sara, rosa].map((p) => setPhase(p, phase.over)));
  await host.waitForTimeout(2000);
});

test('every object holds what was agreed to, and nothing else', async (t) => {
  const request = host.context().request;
  const list = async () => (await (await request.get(`${server.url}/api/webinars/${webinar.id}/recordings`)).json());
  const ended = Date.now();
  let all;
  do {
    await host.waitForTimeout(200);
    [all] = await list();
    assert.ok(Date.now() - ended < 30_000, `ready in time: ${JSON.stringify(all)}`);
  } while (all.recording.state !== 'available');
  t.diagnostic(`ready ${Date.now() - ended} ms after the stop`);

  const pictures = {}, sounds = {};
  for (const segment of all.segments) {
    const r = await request.get(`${server.url}/api/webinars/${webinar.id}/recordings/${all.recording.id}/segments/${segment.id}?download=1`);
    assert.equal(r.status(), 200);
    const file = path(cast.dir, `${segment.id}.webm`);
    writeFileSync(file, await r.body());
    assert.deepEqual(complaints(file), []);
    const { codecs } = probe(file);
    for (const [codec, look, sum] of [['vp8', picturePhases, pictures], ['opus', soundPhases, sounds]]) {
      if (!codecs.includes(codec)) continue;
      for (const [p, n] of Object.entries(look(file))) sum[p] = (sum[p] ?? 0) + n;
    }
  }
  const named = (sum) => Object.fromEntries(Object.entries(sum).map(([p, n]) => [Object.keys(phase).find((k) => String(phase[k]) === p) ?? p, n]));
  t.diagnostic(`pictures ${JSON.stringify(named(pictures))}`);
  t.diagnostic(`moments of sound ${JSON.stringify(named(sounds))}`);
  for (const sum of [named(pictures), named(sounds)]) {
    assert.deepEqual(Object.keys(sum).filter((name) => !kept.includes(name)), [], 'phases that nobody agreed to');
  }
  for (const name of kept) {
    // Three seconds may pass until the first key frame, twice where a phase began anew; the rest is there.
    const least = Math.max(1, lasted[name] - 7);
    assert.ok((named(pictures)[name] ?? 0) >= least * 15 * 0.5, `pictures of ${name}, ${lasted[name]} s: ${named(pictures)[name]}`);
    assert.ok((named(sounds)[name] ?? 0) >= least * 50 * 0.7, `sound of ${name}, ${lasted[name]} s: ${named(sounds)[name]}`);
  }
});
