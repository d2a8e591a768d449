// The main job, from the first link to the downloaded recording: a host, a speaker who refuses to be recorded and speaks
// twice, three attendees. Everybody has a colour and a tone, so that the files can be asked who is in them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join as path } from 'node:path';
import { after, before, test as story } from 'node:test';
import { Cast, makeFace, person, pictured } from './browser.mjs';
import { colours, complaints, probe, tone } from './media.mjs';
import { binary, Server } from './server.mjs';
import { assertWhole, sounds } from './traffic.mjs';
import {
  announce, answer, assertQuiet, createWebinar, enterStage, firstFrame, frames, goLive, indicated, inviteSpeaker, join, makeAccount,
  moves, preparePoll, startRecording, vote,
} from './steps.mjs';

const hostTone = 440;
const refuserTone = 1500;
const face = { light: true };

let server, cast, host, refuser, attendees, webinar, recorded;

before(async () => {
  server = await Server.start();
  cast = new Cast();
  const [hostBrowser, refuserBrowser, audience] = await Promise.all([
    cast.browser(makeFace(cast.dir, 'host', 'green', hostTone, face)),
    cast.browser(makeFace(cast.dir, 'refuser', 'red', refuserTone, face)),
    cast.browser(),
  ]);
  host = await person(hostBrowser, server.url);
  refuser = await person(refuserBrowser, server.url);
  attendees = await Promise.all([person(audience, server.url), person(audience, server.url, { lang: 'de' }), person(audience, server.url, { viewport: { width: 390, height: 844 } })]);
  for (const p of [host, refuser, ...attendees]) p.setDefaultTimeout(20_000);
});

after(async () => {
  await cast?.close();
  const how = await server?.stop();
  assert.deepEqual(how, { code: 0, signal: null }, `the server ends cleanly\n${server.output}`);
});

/** A chapter of the story; when it fails, everybody's screen is kept in test-results/. */
const test = (name, f) => story(name, (t) => pictured(name, () => [host, refuser, ...attendees], () => f(t)));

const quiet = async (page) => {
  await page.getByRole('button', { name: 'Mute', exact: true }).click();
  await page.getByRole('button', { name: 'Camera off' }).click();
};
const speak = async (page) => {
  await page.getByRole('button', { name: 'Unmute' }).click();
  await page.getByRole('button', { name: 'Camera on' }).click();
};

/** Downloads every file of the webinar's n recordings as the organizer, by the links on the page. */
async function download(page, n) {
  await page.goto(`${server.url}/recordings/${webinar.id}`);
  await page.getByText('Ready', { exact: true }).nth(n - 1).waitFor();
  const links = await page.getByRole('link', { name: /^Download(?! consent)/ }).all();
  const files = [];
  for (const [i, link] of links.entries()) {
    const [saved] = await Promise.all([page.waitForEvent('download'), link.click()]);
    const file = path(cast.dir, `${Date.now()}-${i}.webm`);
    await saved.saveAs(file);
    files.push(file);
  }
  return files;
}

/** Asks a file who is in it: only the green host with the low tone may be. */
function assertOnlyTheHost(file) {
  assert.deepEqual(complaints(file), []);
  const { duration, codecs } = probe(file);
  assert.deepEqual(codecs, ['opus', 'vp8']);
  const pictures = colours(file);
  assert.ok(pictures.length > 10 * (duration - 3) * 0.5, `${pictures.length} pictures in ${duration} s`);
  for (const [i, [r, g, b]] of pictures.entries()) assert.ok(g > r + 40 && g > b + 40, `picture ${i} of ${file} is ${r},${g},${b}`);
  assert.ok(Math.max(...tone(file, hostTone)) > 0.02, 'the host is heard');
  assert.ok(Math.max(...tone(file, refuserTone)) < 0.005, 'the refuser is not');
  return duration;
}

/** Writes a poll in the middle of the webinar and opens it. */
async function preparePollOnStage() {
  await preparePoll(host, 'Is the sound good?', ['Yes', 'No']);
  await host.getByRole('button', { name: /Open poll/ }).click();
}

test('the host makes the account, a webinar, a speaker link and a poll', async () => {
  await makeAccount(host, server);
  webinar = await createWebinar(host, 'Open data for charities');
  webinar.speaker = await inviteSpeaker(host, 'Dr. Red');
  await preparePoll(host, 'Which topic next?', ['Consent', 'Captions', 'Codes']);
  const again = await server.call('POST', '/api/setup', { json: { token: server.setupLink.split('#')[1], email: 'eve@example.org', name: 'Eve', password: 'another long password' } });
  assert.equal(again.status, 403, 'the one-time link works once');
});

test('backstage: the stage sees itself, attendees wait', async () => {
  await enterStage(host, `${server.url}/stage/${webinar.id}`);
  await enterStage(refuser, webinar.speaker);
  await moves(refuser, 20);
  await join(attendees[0], webinar.link, { picture: false });
  await attendees[0].getByRole('heading', { name: 'You are in the right place' }).waitFor();
});

test('live: one click to a moving picture, encrypted with AES-128-GCM', async (t) => {
  await goLive(host);
  await firstFrame(attendees[0]);
  for (const page of attendees.slice(1)) {
    await page.goto(webinar.link);
    await page.getByRole('button', { name: /Join with sound|Mit Ton teilnehmen/ }).click();
    t.diagnostic(`first picture ${Math.round(await firstFrame(page))} ms after the click`);
  }
  for (const page of attendees) {
    await moves(page, 15);
    await sounds(page);
    await assertWhole(page, 'somebody in the audience');
  }
});

test('the screen comes and goes while everybody keeps one connection', async () => {
  const sessions = await attendees[0].evaluate(() => performance.getEntriesByType('resource').filter((e) => e.name.endsWith('/whep')).length);
  await host.getByRole('button', { name: 'Share screen' }).click();
  await attendees[0].getByText('Screen of Ada Host').waitFor();
  await moves(attendees[0], 20);
  await host.getByRole('button', { name: 'Stop sharing' }).click();
  await attendees[0].getByText('Screen of Ada Host').waitFor({ state: 'hidden' });
  const now = await attendees[0].evaluate(() => performance.getEntriesByType('resource').filter((e) => e.name.endsWith('/whep')).length);
  assert.equal(now, sessions, 'no new WHEP session');
});

test('a poll: one vote each, a reload and a second tab change nothing, no vote after closing', async () => {
  await host.getByRole('button', { name: /Open poll/ }).click();
  await vote(attendees[0], 'Consent');
  await attendees[1].getByRole('radio', { name: 'Captions' }).check();
  await attendees[1].getByRole('button', { name: 'Antwort senden' }).click();
  await attendees[1].getByText('Ihre Stimme ist gezählt.').waitFor();
  await host.getByText(/^2 of \d+ answered$/).waitFor();

  await attendees[0].reload(); // the seat is kept, and nobody is asked again
  await attendees[0].getByText('Your answer', { exact: true }).first().waitFor();
  assert.equal(await attendees[0].getByRole('button', { name: 'Send answer' }).count(), 0, 'no second vote after a reload');
  const tab = await attendees[0].context().newPage();
  await tab.goto(webinar.link);
  await tab.getByText('Your answer', { exact: true }).first().waitFor();
  await tab.close();

  await host.getByRole('button', { name: 'Close poll' }).click();
  await attendees[2].getByText('You did not vote in this one.').waitFor();
  const late = await attendees[2].evaluate(async (id) => {
    const polls = await (await fetch(`/api/webinars/${id}/polls`)).json();
    const r = await fetch(`/api/webinars/${id}/polls/${polls[0].id}/votes`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ answer: { options: [polls[0].options[0].id] }, receipt: 'ab'.repeat(32) }),
    });
    return { status: r.status, problem: await r.json(), tally: polls[0].tally };
  }, webinar.id);
  assert.equal(late.status, 409);
  assert.ok(late.problem.detail.length > 20, late.problem.detail);
  assert.deepEqual(late.tally.votes, [1, 1, 0]);
});

test('a phone in the network watches and votes over plain HTTP', async () => {
  await preparePollOnStage();
  const site = server.url.replace('localhost', 'phone.test');
  const phone = await person(attendees[0].context().browser(), site, { viewport: { width: 390, height: 844 } });
  phone.setDefaultTimeout(20_000);
  await join(phone, webinar.link.replace(server.url, site));
  assert.equal(await phone.evaluate(() => isSecureContext), false);
  await vote(phone, 'Yes');
  await host.getByText(/^1 of \d+ answered$/).waitFor();
  await host.getByRole('button', { name: 'Close poll' }).click();
  await phone.getByRole('button', { name: 'Look for the receipt in the box' }).click();
  await phone.getByText('Your ballot is in the box: one of 1.').waitFor();
  assertQuiet(phone);
  await phone.context().close();
});

test('recording is announced to everybody, in writing and aloud', async () => {
  await announce(host);
  await attendees[0].getByText('This event is going to be recorded').first().waitFor();
  await attendees[1].getByText('Diese Veranstaltung soll aufgezeichnet werden').first().waitFor();
  for (const [page, lang] of [[attendees[0], 'en'], [attendees[1], 'de']]) {
    await page.waitForFunction((l) => performance.getEntriesByType('resource').some((e) => e.name.includes(`announce-${l}`)), lang);
  }
  const status = await server.call('GET', `/api/webinars/${webinar.id}`);
  assert.equal(status.body.recording.state, 'announced');
  for (const page of attendees.slice(1)) await page.close(); // one is enough to see how it goes on
});

test('strict: the refuser who is live pauses the recording; silent, it runs by itself', async () => {
  await answer(refuser, 'Don’t record me');
  await answer(host, 'Record me');
  await startRecording(host);
  await indicated(attendees[0], 'Recording paused');
  await quiet(refuser);
  await host.getByRole('button', { name: 'Pause recording' }).waitFor();
  await indicated(attendees[0], /^Recording$/);
  await server.written(3); // the host speaks alone
  for (let time = 1; time <= 2; time++) {
    const seen = await frames(attendees[0]);
    await speak(refuser);
    await indicated(attendees[0], 'Recording paused');
    await moves(attendees[0], 20); // the broadcast goes on
    assert.ok((await frames(attendees[0])).length >= seen.length, 'the refuser is seen live');
    await refuser.waitForTimeout(2000);
    await quiet(refuser);
    await host.getByRole('button', { name: 'Pause recording' }).waitFor();
    await server.written(3);
  }
  await host.getByRole('button', { name: 'Stop recording' }).click();
  await indicated(attendees[0], /Recording ended/);
});

test('the organizer plays, seeks and downloads the host, and nobody else', async () => {
  const page = await host.context().newPage();
  page.setDefaultTimeout(20_000);
  const files = await download(page, 1);
  assert.equal(files.length, 3, 'one file for each stretch in which the host spoke alone');
  recorded = files.map((file) => ({ file, seconds: assertOnlyTheHost(file) }));
  assert.ok(recorded.every((r) => r.seconds > 1), JSON.stringify(recorded));
  const played = await page.locator('video').first().evaluate(async (v) => {
    v.muted = true;
    const on = (name) => new Promise((done, fail) => { v.addEventListener(name, done, { once: true }); v.addEventListener('error', () => fail(v.error.message), { once: true }); });
    if (v.readyState < 1) { const loaded = on('loadedmetadata'); v.load(); await loaded; }
    const seeked = on('seeked');
    v.currentTime = v.duration / 2;
    await seeked;
    const at = v.currentTime;
    const ended = on('ended');
    await v.play();
    await ended;
    return { duration: v.duration, half: at, end: v.currentTime, wide: v.videoWidth };
  });
  assert.ok(Math.abs(played.duration - recorded[0].seconds) < 0.1 && played.wide > 0, JSON.stringify(played));
  await page.close();
});

test('the ledger verifies offline and holds no name', async () => {
  const text = await host.evaluate(async (id) => {
    const list = await (await fetch(`/api/webinars/${id}/recordings`)).json();
    return (await fetch(`/api/webinars/${id}/recordings/${list[0].recording.id}/ledger`)).text();
  }, webinar.id);
  assert.doesNotMatch(text, /Red|Ada|example\.org/);
  const file = path(cast.dir, 'ledger.jsonl');
  writeFileSync(file, text);
  const verify = () => execFileSync(binary, ['ledger', 'verify', file], { env: { PLENUM_DATA: cast.dir }, stdio: ['ignore', 'pipe', 'ignore'] }).toString();
  assert.match(verify(), /whole and in order/);
  writeFileSync(file, text.replace('"refuse"', '"grant"'));
  assert.throws(verify, 'a changed ledger is found');
});

test('with strict off the host is recorded on while the refuser is live, and the refuser is in no file', async () => {
  await announce(host, { strict: false });
  await answer(refuser, 'Don’t record me');
  await answer(host, 'Record me');
  await speak(refuser);
  await startRecording(host);
  await host.getByRole('button', { name: 'Pause recording' }).waitFor();
  await server.written(5);
  await indicated(attendees[0], /^Recording$/);
  await host.getByRole('button', { name: 'Stop recording' }).click();
  await indicated(attendees[0], /Recording ended/);
  const page = await host.context().newPage();
  page.setDefaultTimeout(20_000);
  const files = await download(page, 2);
  assert.equal(files.length, recorded.length + 1);
  const news = files.filter((file) => !recorded.some((r) => readFileSync(r.file).equals(readFileSync(file))));
  assert.equal(news.length, 1, 'what was there is there unchanged');
  const seconds = assertOnlyTheHost(news[0]);
  assert.ok(seconds > 3, `${seconds} seconds`);
  await page.close();
});

test('the host ends it for all, and no page has called a third party or complained', async () => {
  await host.getByRole('button', { name: 'End', exact: true }).click();
  await host.getByRole('button', { name: 'End for all' }).click();
  await attendees[0].getByRole('heading', { name: 'Thank you for being here' }).waitFor();
  assertQuiet(host, refuser, ...attendees);
});
