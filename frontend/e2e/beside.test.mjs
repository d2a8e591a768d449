// Polls without the room: by code or QR on a phone, with the seat of the room, and through the webinar's whole life.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Cast, person, pictured } from './browser.mjs';
import { assertLooks, desk, handheld } from './looks.mjs';
import { Organizer } from './organizer.mjs';
import { Server } from './server.mjs';
import { assertQuiet, enterStage, join, vote } from './steps.mjs';

const looks = [handheld, { width: 390, height: 844, theme: 'light', lang: 'en' }, desk];
const questions = ['Which topic shall we look at next?', 'What would help you to follow?'];

let server, cast, browser, host, phone, room, wall, organizer, webinar;

before(async () => {
  server = await Server.start();
  cast = new Cast();
  browser = await cast.browser();
  [host, phone, room, wall] = await Promise.all([1, 2, 3, 4].map(() => person(browser, server.url)));
  for (const page of [host, phone, room, wall]) page.setDefaultTimeout(20_000);
  organizer = await Organizer.of(server, host, wall);
  webinar = await organizer.webinar('Open data for charities');
  await organizer.poll(webinar.id, questions[0], ['Consent in practice', 'Captions for everybody']);
  await organizer.poll(webinar.id, questions[1], ['Captions', 'Slides sent around beforehand']);
});

after(async () => {
  await cast?.close();
  await server?.stop();
});

const told = (name, run) => test(name, () => pictured(name, () => browser.contexts().flatMap((c) => c.pages()), run));
const asHost = (method, what, json) => organizer.ask(method, `/api/webinars/${webinar.id}${what}`, json);
const pollAsked = async (question) => (await asHost('GET', '/polls')).find((p) => p.question === question);

told('by code, without the room: a vote and its result', async () => {
  const { code } = (await asHost('GET', '')).webinar;
  await wall.goto(`${server.url}/present/${webinar.id}`);
  const way = await wall.getByRole('img', { name: /QR code/ }).getAttribute('alt');
  assert.ok(way.endsWith(`${server.url}/vote/${webinar.id}`), 'the wall leads to the phone page');
  await wall.getByText(`${new URL(server.url).host}/vote`).waitFor();
  await assertLooks(wall, 'wall invitation', [{ ...desk, width: 1920, height: 1080 }]);

  await phone.goto(`${server.url}/vote`);
  await phone.getByLabel('Access code').fill(code.toLowerCase());
  await phone.getByRole('button', { name: 'Continue' }).click();
  await phone.getByRole('heading', { name: 'No poll yet' }).waitFor();
  assert.equal(await phone.locator('video, audio').count(), 0);
  await assertLooks(phone, 'vote, no poll yet', looks);

  const poll = await pollAsked(questions[0]);
  await asHost('POST', `/polls/${poll.id}/open`);
  await phone.getByRole('radio').first().waitFor();
  await assertLooks(phone, 'vote, open', looks);
  await vote(phone, 'Consent in practice');
  await assertLooks(phone, 'vote, voted', looks);
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
  await assertLooks(phone, 'vote, question', looks);
  await phone.getByRole('tab', { name: 'Polls' }).click();
});

told('the seat of the room on a phone of its own: still one vote', async () => {
  await join(room, webinar.link, { picture: false });
  await room.getByRole('button', { name: 'Vote on my phone' }).click();
  const dialog = room.getByRole('dialog', { name: 'Your vote on your phone' });
  await dialog.getByRole('img').waitFor(); // the first code, which the next one makes worthless
  const answered = room.waitForResponse((r) => r.url().endsWith('/phone'));
  await room.getByRole('button', { name: 'New code' }).click();
  const { link } = await (await answered).json();
  await dialog.getByRole('img').waitFor();
  await assertLooks(room, 'room, own code', [{ ...desk }, { ...desk, theme: 'dark', lang: 'de' }]);
  await room.route(/\/polls$/, (r) => r.abort()); // the page of the room does not hear of the other vote before its own is sent
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
  await room.unroute(/\/polls$/);
  assert.equal((await pollAsked(questions[0])).tally.total, 2);
  // A photo of the code that comes later finds it used.
  const late = await person(browser, server.url);
  await late.goto(link);
  await late.getByText('This link is no longer valid.').first().waitFor();
  await assertLooks(late, 'vote, used code', looks);
  for (const page of [second, late]) {
    assertQuiet(page);
    await page.context().close();
  }
});

/** A seat of somebody who answers without a browser: its cookie. */
async function seat(name) {
  const r = await server.call('POST', `/api/webinars/${webinar.id}/join`, { json: { name } });
  return r.headers.get('set-cookie').split(';')[0];
}

/** Casts the vote of such a seat for the n-th option. */
async function cast1(poll, who, n, player) {
  const json = { answer: { options: [poll.options[n].id] }, receipt: randomBytes(32).toString('hex'), ...(player && { player }) };
  const r = await server.call('POST', `/api/webinars/${webinar.id}/polls/${poll.id}/votes`, { json, headers: { cookie: who } });
  assert.equal(r.status, 201, JSON.stringify(r.body));
}

told('the host has one vote as well', async () => {
  const poll = await pollAsked(questions[1]);
  await asHost('POST', `/polls/${poll.id}/open`);
  await enterStage(host, `${server.url}/stage/${webinar.id}`);
  const running = host.getByRole('article', { name: questions[1] });
  await running.getByText('Your own vote', { exact: true }).click();
  await running.getByRole('radio', { name: 'Captions' }).check();
  await assertLooks(host, 'cockpit, own vote', [{ ...desk }, { ...desk, width: 390, theme: 'dark', lang: 'de' }]);
  await running.getByRole('button', { name: 'Send answer' }).click();
  await running.getByText('Your own vote: counted').waitFor();
  await running.getByText(/^Stored at/).waitFor();
  assert.equal((await pollAsked(questions[1])).tally.total, 1);
  await host.reload(); // the seat is what counts, not the page
  await enterStage(host, `${server.url}/stage/${webinar.id}`);
  await running.getByText('Your own vote: counted').waitFor();
  await asHost('POST', `/polls/${poll.id}/close`);
});

told('a named poll: who said what, as a page and as a file', async () => {
  const question = 'Who takes the minutes?';
  const made = await asHost('POST', '/polls', { question, options: ['I do', 'Not me'], secrecy: 'named' });
  await asHost('POST', `/polls/${made.id}/open`);
  const mine = phone.getByRole('region', { name: question });
  await mine.getByRole('radio', { name: 'I do' }).check();
  await mine.getByRole('button', { name: 'Send answer' }).click();
  await mine.getByText(/^Stored at/).waitFor();
  await cast1(made, await seat('=HYPERLINK("x")'), 1);
  await cast1(made, await seat(''), 1);
  await asHost('POST', `/polls/${made.id}/close`);
  await host.goto(`${server.url}/webinars/${webinar.id}`);
  const item = host.getByRole('listitem').filter({ hasText: question });
  await item.getByText('Answers by person').click();
  await item.getByRole('row', { name: 'Amina Yılmaz I do' }).waitFor();
  await item.getByRole('row', { name: 'without a name Not me' }).waitFor();
  assert.equal(await item.getByRole('row').count(), 4);
  await assertLooks(host, 'answers by person', looks);
  const csv = await server.call('GET', new URL(await item.getByRole('link', { name: /^By person, CSV/ }).getAttribute('href'), server.url).pathname, { headers: { cookie: organizer.cookie } });
  assert.equal(csv.status, 200);
  assert.match(csv.body, /Amina Yılmaz,I do,[0-9a-f]{64}/);
  assert.match(csv.body, /'=HYPERLINK/, 'a name is never run as a formula');
  const book = await server.call('GET', `/api/webinars/${webinar.id}/polls/${made.id}/voters.xlsx`, { headers: { cookie: organizer.cookie } });
  assert.equal(book.body.slice(0, 2), 'PK');
});

told('a nickname is taken off the leaderboard by the host', async () => {
  const quiz = await asHost('POST', '/polls', { question: 'Which of these is prime?', kind: 'quiz', options: ['57', '59'], rules: { correct: [1] } });
  await asHost('POST', `/polls/${quiz.id}/open`);
  const player = (nickname) => ({ id: randomBytes(32).toString('hex'), nickname });
  await cast1(quiz, await seat(''), 1, player('Rude words'));
  await cast1(quiz, await seat(''), 1, player('Owl'));
  await asHost('POST', `/polls/${quiz.id}/close`);
  await host.goto(`${server.url}/webinars/${webinar.id}`);
  const item = host.getByRole('listitem').filter({ hasText: quiz.question });
  await item.getByText('2 answers').click();
  await item.getByRole('button', { name: 'Take off: Rude words' }).click();
  await assertLooks(host, 'leaderboard, sure', [{ ...desk }, { ...desk, width: 390, theme: 'dark', lang: 'de' }]);
  await item.getByRole('button', { name: 'Really take off: Rude words' }).click();
  await item.getByText('Rude words').waitFor({ state: 'detached' });
  await item.getByText('Owl').waitFor();
  const { body } = await server.call('GET', `/api/webinars/${webinar.id}/leaderboard`, { headers: { cookie: await seat('') } });
  assert.deepEqual([body.players, body.best.map((s) => s.nickname)], [1, ['Owl']]);
});

told('a ranking by the mouse: an answer is dragged to its place', async () => {
  const options = ['Captions', 'Breakout rooms', 'Better search', 'A mobile app'];
  const made = await asHost('POST', '/polls', { question: 'What shall we build first?', kind: 'ranking', options });
  await asHost('POST', `/polls/${made.id}/open`);
  const card = phone.getByRole('region', { name: made.question });
  const handle = (text) => card.getByRole('button', { name: new RegExp(`^${text}, place`) });
  await handle('Captions').waitFor();
  await handle('Captions').scrollIntoViewIfNeeded();
  const order = async () => (await card.getByRole('button', { name: /, place \d of 4$/ }).all()).reduce(async (list, b) => [...(await list), (await b.getAttribute('aria-label')).split(',')[0]], []);
  const before = await order();
  assert.deepEqual(before.toSorted(), options.toSorted());
  const middle = async (text) => {
    const box = await handle(text).boundingBox();
    return [box.x + box.width / 2, box.y + box.height / 2];
  };
  await handle(before[0]).hover(); // once the page stands still
  const [from, to] = [await middle(before[0]), await middle(before[2])];
  await phone.mouse.move(...from);
  await phone.mouse.down();
  for (let i = 1; i <= 8; i++) await phone.mouse.move(from[0], from[1] + ((to[1] - from[1]) * i) / 8 + (i === 8 ? 6 : 0));
  await phone.mouse.up();
  await handle(before[0]).and(phone.getByRole('button', { name: `${before[0]}, place 3 of 4` })).waitFor();
  assert.deepEqual(await order(), [before[1], before[2], before[0], before[3]]);
  await card.getByRole('button', { name: 'Send answer' }).click();
  await card.getByText(/^Stored at/).waitFor();
  const told = (await asHost('GET', '/polls')).find((p) => p.id === made.id);
  assert.equal(told.tally.votes[options.indexOf(before[1])], 1, 'the one that moved up is first');
});

told('the end', async () => {
  await asHost('POST', '/live');
  await asHost('POST', '/end');
  await phone.getByRole('heading', { name: 'Thank you for taking part' }).waitFor();
  await assertLooks(phone, 'vote, ended', looks);
  assertQuiet(host, phone, room, wall);
});
