// Polls without the room: by code or QR on a phone, with the seat of the room, and through the webinar's whole life.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join as path } from 'node:path';
import { after, before, test } from 'node:test';
import { Cast, person, pictured } from './browser.mjs';
import { desk, wear } from './gallery.mjs';
import { accessible, focusSeen, laidOut } from './looks.mjs';
import { Server } from './server.mjs';
import { assertQuiet, createWebinar, join, makeAccount, preparePoll, vote } from './steps.mjs';

const looks = [{ width: 390, height: 844, theme: 'dark', lang: 'de' }, { width: 390, height: 844, theme: 'light', lang: 'en' }, desk];
/** Where pictures are put, if anywhere. */
const album = process.env.PLENUM_PICTURES;
const questions = ['Which topic shall we look at next?', 'What would help you to follow?'];

let server, cast, browser, host, phone, room, wall, webinar, cookie;

before(async () => {
  server = await Server.start();
  cast = new Cast();
  browser = await cast.browser();
  [host, phone, room, wall] = await Promise.all([1, 2, 3, 4].map(() => person(browser, server.url)));
  for (const page of [host, phone, room, wall]) page.setDefaultTimeout(20_000);
  await makeAccount(host, server);
  const cookies = await host.context().cookies();
  await wall.context().addCookies(cookies);
  cookie = cookies.map((c) => `${c.name}=${c.value}`).join('; ');
  webinar = await createWebinar(host, 'Open data for charities');
  await preparePoll(host, questions[0], ['Consent in practice', 'Captions for everybody']);
  await preparePoll(host, questions[1], ['Captions', 'Slides sent around beforehand']);
});

after(async () => {
  await cast?.close();
  await server?.stop();
});

const told = (name, run) => test(name, () => pictured(name, () => [host, phone, room, wall], run));
const asHost = async (method, what, json) => {
  const r = await server.call(method, `/api/webinars/${webinar.id}${what}`, { json, headers: { cookie, origin: server.url } });
  assert.ok(r.status < 300, `${method} ${what}: ${r.status} ${JSON.stringify(r.body)}`);
  return r.body;
};
const pollAsked = async (question) => (await asHost('GET', '/polls')).find((p) => p.question === question);

/** Looks at a page in every look: axe, nothing cut off, the focus seen; and keeps a picture of it. */
async function look(page, name, ways = looks) {
  const found = [];
  for (const way of ways) {
    await wear(page, way);
    if (album) {
      mkdirSync(album, { recursive: true });
      await page.screenshot({ path: path(album, `${name.replace(/\W+/g, '-')}-${way.width}-${way.theme}.png`), fullPage: true });
    }
    const complaints = [...(await laidOut(page, way.lang)), ...(await accessible(page))];
    if (way === desk) complaints.push(...(await focusSeen(page)));
    found.push(...complaints.map((c) => `${name} ${way.width} ${way.theme}: ${c}`));
  }
  await wear(page, desk);
  assert.deepEqual(found, []);
}

told('by code, without the room: a vote and its result', async () => {
  const { code } = (await asHost('GET', '')).webinar;
  await wall.goto(`${server.url}/present/${webinar.id}`);
  const way = await wall.getByRole('img', { name: /QR code/ }).getAttribute('alt');
  assert.ok(way.endsWith(`${server.url}/vote/${webinar.id}`), 'the wall leads to the phone page');
  await wall.getByText(`${new URL(server.url).host}/vote`).waitFor();
  await look(wall, 'wall invitation', [{ ...desk, width: 1920, height: 1080 }]);

  await phone.goto(`${server.url}/vote`);
  await phone.getByLabel('Access code').fill(code.toLowerCase());
  await phone.getByRole('button', { name: 'Continue' }).click();
  await phone.getByRole('heading', { name: 'No poll yet' }).waitFor();
  assert.equal(await phone.locator('video, audio').count(), 0);
  await look(phone, 'vote, no poll yet');

  const poll = await pollAsked(questions[0]);
  await asHost('POST', `/polls/${poll.id}/open`);
  await phone.getByRole('radio').first().waitFor();
  await look(phone, 'vote, open');
  await vote(phone, 'Consent in practice');
  await look(phone, 'vote, voted');
  assert.equal((await pollAsked(questions[0])).tally.total, 1);
});

told('the code on the way, without typing it', async () => {
  const { code } = (await asHost('GET', '')).webinar;
  const other = await person(browser, server.url);
  await other.goto(`${server.url}/vote/${code}`);
  await other.getByRole('heading', { name: questions[0] }).waitFor();
  assert.equal(new URL(other.url()).pathname, `/vote/${webinar.id}`);
  await other.goto(`${server.url}/vote/AAAAAAAA`);
  await other.getByText('We do not know this code.').first().waitFor();
  await other.goto(`${server.url}/vote/nosuchwebinarnosuchwebinar`);
  await other.getByRole('heading', { name: 'There is no such webinar' }).waitFor();
  await other.context().close();
});

told('one browser is one voter, on the phone page and in the room', async () => {
  const tab = await phone.context().newPage();
  await tab.goto(webinar.link); // the seat is there already, so nobody has to join
  await tab.getByText('Still open').waitFor(); // the result, as for whoever has voted
  assert.equal(await tab.getByRole('radio').count(), 0);
  await tab.close();
});

told('a name for named polls, and questions', async () => {
  await phone.getByText('You take part without a name').click();
  await phone.getByLabel('Display name').fill('Amina Yılmaz');
  await phone.getByRole('button', { name: 'Save name' }).click();
  await phone.getByText('You take part as Amina Yılmaz').waitFor();
  await phone.getByRole('tab', { name: 'Q&A' }).click();
  await phone.getByLabel('Your question').fill('Will the slides be sent around?');
  await phone.getByRole('button', { name: 'Ask', exact: true }).click();
  await phone.getByText('Sent. The host looks at it first.').first().waitFor();
  await look(phone, 'vote, question');
  await phone.getByRole('tab', { name: 'Polls' }).click();
});

told('the seat of the room on a phone of its own: still one vote', async () => {
  await join(room, webinar.link, { picture: false });
  await room.getByRole('button', { name: 'Vote on my phone' }).click();
  const answered = room.waitForResponse((r) => r.url().endsWith('/phone'));
  await room.getByRole('button', { name: 'New code' }).click();
  const { link } = await (await answered).json();
  const dialog = room.getByRole('dialog', { name: 'Your vote on your phone' });
  await dialog.getByRole('img').waitFor();
  await look(room, 'room, own code', [{ ...desk }, { ...desk, theme: 'dark', lang: 'de' }]);
  const second = await person(browser, server.url);
  second.setDefaultTimeout(20_000);
  await second.goto(link);
  await vote(second, 'Captions for everybody');
  assert.equal(new URL(second.url()).hash, '', 'the code is in no history');
  assert.equal((await pollAsked(questions[0])).tally.total, 2);
  await dialog.getByRole('button', { name: 'Close' }).click();
  await room.getByRole('radio', { name: 'Consent in practice' }).check();
  await room.getByRole('button', { name: 'Send answer' }).click();
  await room.getByText('Your vote had been counted already.').first().waitFor();
  assert.equal((await pollAsked(questions[0])).tally.total, 2);
  // A photo of the code that comes later finds it used.
  const late = await person(browser, server.url);
  await late.goto(link);
  await late.getByText('This link is no longer valid.').first().waitFor();
  await look(late, 'vote, used code');
  for (const page of [second, late]) {
    assertQuiet(page);
    await page.context().close();
  }
});

told('the end', async () => {
  await asHost('POST', '/live');
  await asHost('POST', '/end');
  await phone.getByRole('heading', { name: 'Thank you for taking part' }).waitFor();
  await look(phone, 'vote, ended');
  assertQuiet(host, phone, room, wall);
});
