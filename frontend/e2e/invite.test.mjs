// An attendee is asked on stage: unrecorded at first, which pauses a recording under the strict rule before anybody sees
// them, then recorded. What lies in the store afterwards is of the phases that were agreed to, and of nothing else.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join as path } from 'node:path';
import { after, before, test as story } from 'node:test';
import { Cast, person, pictured } from './browser.mjs';
import { armPhase, coded, picturePhases, setPhase } from './coded.mjs';
import { Organizer } from './organizer.mjs';
import { Server } from './server.mjs';
import { announce, answer, assertQuiet, enterStage, indicated, startRecording } from './steps.mjs';

const phase = { over: 0, hostRecorded: 2, hostPaused: 3, hostAgain: 4, gwenBefore: 6, gwenUnrecorded: 9, gwenRecorded: 12 };
const kept = ['hostRecorded', 'hostAgain', 'gwenRecorded'];

let server, cast, host, gwen, webinar;

before(async () => {
  server = await Server.start();
  cast = new Cast();
  const browser = await cast.browser();
  [host, gwen] = await Promise.all([phase.hostRecorded, phase.gwenBefore].map(async (first) => {
    const page = await person(browser, server.url);
    page.setDefaultTimeout(20_000);
    await coded(page, first);
    return page;
  }));
});
after(async () => {
  await cast?.close();
  const how = await server?.stop();
  assert.deepEqual(how, { code: 0, signal: null }, `the server ends cleanly\n${server.output}`);
});

const test = (name, f) => story(name, (t) => pictured(name, () => [host, gwen], () => f(t)));

const dialog = () => gwen.getByRole('dialog', { name: 'Ada Host asks you on stage' });
const ask = () => host.getByRole('button', { name: 'Ask on stage: Gwen' }).click();
const onStage = () => gwen.getByRole('button', { name: 'Mute', exact: true }).waitFor();
const turnOn = () => dialog().getByRole('button', { name: 'Turn on camera and microphone' }).click();

/** Notes on the host's page when the recording pauses and when the guest's first picture is there. */
const watch = () => host.evaluate(() => {
  window.noted = {};
  const look = () => {
    const now = performance.now();
    if ([...document.querySelectorAll('.badges')].some((e) => /paused/i.test(e.textContent ?? ''))) window.noted.paused ??= now;
    const guest = document.querySelector('video[aria-label="Gwen"]');
    if (guest && guest.getVideoPlaybackQuality().totalVideoFrames > 0) window.noted.seen ??= now;
    requestAnimationFrame(look);
  };
  look();
});
const noted = (what) => host.waitForFunction((w) => window.noted[w], what).then((h) => h.jsonValue());

test('the host records, and asks Gwen, whose page keeps the question', async () => {
  webinar = await (await Organizer.of(server, host)).live('Questions from the audience');
  await enterStage(host, `${server.url}/stage/${webinar.id}`);
  await announce(host);
  await answer(host, 'Record me');
  await gwen.goto(webinar.link);
  await gwen.getByText('A recording has been announced.').first().waitFor(); // on the arrival page: to be seen, and heard from the first click on
  await gwen.getByLabel('Display name').click();
  await gwen.waitForFunction(() => Object.keys(sessionStorage).some((k) => k.startsWith('plenum.spoken.')));
  await gwen.getByLabel('Display name').fill('Gwen');
  await gwen.getByRole('button', { name: 'Join with sound' }).click();
  await startRecording(host);
  await indicated(gwen, 'Recording');
  await server.written(1);
  await host.getByRole('heading', { name: /in the room/ }).click();
  await ask();
  await dialog().waitFor();
  await gwen.reload();
  await dialog().waitFor();
  await host.getByText('asked, no answer yet').waitFor();
});

test('unrecorded on stage: the recording pauses before anybody sees her', async () => {
  await turnOn();
  const box = async (name) => (await dialog().getByRole('button', { name }).and(dialog().locator(':enabled'))).boundingBox();
  const [yes, no] = [await box('Record me'), await box('Take part unrecorded')];
  assert.deepEqual([yes.width, yes.height], [no.width, no.height], 'both answers have the same size');
  for (const { y, height } of [yes, no]) assert.ok(y + height <= gwen.viewportSize().height, 'the answers are in sight');
  assert.equal(await dialog().getByRole('checkbox', { name: /publish/i }).isChecked(), false, 'publication is asked for on its own');
  await watch();
  await armPhase(gwen, phase.gwenUnrecorded);
  await dialog().getByRole('button', { name: 'Take part unrecorded' }).click();
  await onStage();
  const [paused, seen] = [await noted('paused'), await noted('seen')];
  assert.ok(paused <= seen, `paused ${Math.round(seen - paused)} ms before her first picture`);
  await setPhase(host, phase.hostPaused);
  await host.waitForTimeout(1500);
  await setPhase(host, phase.hostAgain);
  await host.getByRole('button', { name: 'Take off stage: Gwen' }).click();
  await gwen.getByText('You are in the audience again.').first().waitFor();
  await gwen.getByRole('button', { name: 'Sound' }).waitFor();
  await indicated(host, 'Recording');
});

test('recorded on stage, and back by her own wish', async () => {
  await ask();
  await turnOn();
  await armPhase(gwen, phase.gwenRecorded);
  await dialog().getByRole('button', { name: 'Record me' }).click();
  await onStage();
  await gwen.getByRole('status').getByText('Agreed').or(gwen.locator('.word.granted')).first().waitFor();
  await server.written(3, 2);
  await gwen.getByRole('button', { name: 'Leave', exact: true }).click();
  await gwen.getByRole('dialog').getByRole('button', { name: 'Leave the stage' }).click();
  await host.getByText('Gwen has left the stage.').first().waitFor();
  await gwen.getByRole('button', { name: 'Withdraw consent' }).waitFor(); // still one click away
});

test('Escape is not now', async () => {
  await ask();
  await dialog().waitFor();
  await gwen.keyboard.press('Escape');
  await host.getByText('Gwen says: not now.').first().waitFor();
  await host.getByRole('button', { name: 'Ask on stage: Gwen' }).waitFor();
  await host.getByRole('button', { name: 'Stop recording' }).click();
  await host.getByRole('button', { name: 'Stop recording' }).waitFor({ state: 'hidden' });
  await setPhase(host, phase.over);
});

test('the files hold who agreed', async (t) => {
  const request = host.context().request;
  const ended = Date.now();
  let all;
  do {
    await host.waitForTimeout(200);
    [all] = await (await request.get(`${server.url}/api/webinars/${webinar.id}/recordings`)).json();
    assert.ok(Date.now() - ended < 20_000, `ready in time: ${JSON.stringify(all)}`);
  } while (all.recording.state !== 'available');
  const seen = {};
  for (const segment of all.segments) {
    const r = await request.get(`${server.url}/api/webinars/${webinar.id}/recordings/${all.recording.id}/segments/${segment.id}?download=1`);
    assert.equal(r.status(), 200);
    const file = path(cast.dir, `${segment.id}.webm`);
    writeFileSync(file, await r.body());
    for (const [p, n] of Object.entries(picturePhases(file))) {
      const name = Object.keys(phase).find((k) => String(phase[k]) === p) ?? p;
      seen[name] = (seen[name] ?? 0) + n;
    }
  }
  t.diagnostic(`pictures ${JSON.stringify(seen)}`);
  assert.deepEqual(Object.keys(seen).sort(), kept.toSorted(), 'the phases that are in the files');
  assert.equal(all.segments.some((s) => s.label === 'Gwen'), true, 'her file has her name');
  assertQuiet(host, gwen);
});
