// Questions beside the stage, from asking without a name to an answer that everybody reads; and how all of it looks.
import assert from 'node:assert/strict';
import { after, before, test as story } from 'node:test';
import { Cast, makeFace, person, pictured } from './browser.mjs';
import { assertLooks, desk, handheld } from './looks.mjs';
import { Server } from './server.mjs';
import { assertQuiet, enterStage, join, signIn } from './steps.mjs';

const first = 'How do captions come into the recording?';
const second = 'Will the slides be sent around afterwards?';

let server, cast, token, webinar, host, ada, bob, bobToo, wall;

before(async () => {
  server = await Server.start();
  server.command(['user', 'add', '--email', 'ada@example.org', '--name', 'Ada Host'], 'four words nobody guesses\n');
  token = server.command(['token', 'create', '--user', 'ada@example.org']);
  webinar = (await server.call('POST', '/api/webinars', { token, json: { title: 'Open data for charities', lang: 'en' } })).body;
  cast = new Cast();
  const [stage, audience] = await Promise.all([cast.browser(makeFace(cast.dir, 'host', 'green', 440, { light: true })), cast.browser()]);
  [host, ada, bob, wall] = await Promise.all([stage, audience, audience, audience].map((b) => person(b, server.url)));
  bobToo = await bob.context().newPage(); // a second tab of the same seat
  for (const page of pages()) page.setDefaultTimeout(60_000);
  await signIn(host, server);
  await wall.context().addCookies(await host.context().cookies());
  await enterStage(host, `${server.url}/stage/${webinar.id}`);
  await wall.goto(`${server.url}/present/${webinar.id}`);
  for (const page of [ada, bob]) await join(page, webinar.link, { picture: false });
  await bobToo.goto(webinar.link);
  for (const page of [ada, bob, bobToo]) await page.getByRole('tab', { name: 'Q&A' }).click();
});
after(async () => {
  await cast?.close();
  const how = await server?.stop();
  assert.deepEqual(how, { code: 0, signal: null }, `the server ends cleanly\n${server.output}`);
});

const pages = () => [host, ada, bob, bobToo, wall];
const test = (name, f) => story(name, (t) => pictured(name, pages, () => f(t)));

async function ask(page, text) {
  await page.getByLabel('Your question').fill(text);
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
}

const article = (page, text) => page.getByRole('article', { name: text });
const vote = (page, text) => page.getByRole('button', { name: new RegExp(`I want to know that too: ${text.replace('?', '\\?')}`) });

test('asked without a name, looked at, shown', async () => {
  await assertLooks(ada, 'panel, empty');
  await ask(ada, first);
  await ada.getByText('Sent. The host looks at it first.').first().waitFor();
  await article(host, first).getByText('Anonymous').waitFor();
  assert.equal(await article(bob, first).count(), 0, 'others see it before the host has looked');
  await assertLooks(ada, 'panel, waits for the host');
  await assertLooks(host, 'inbox, to look at');
  await ada.getByRole('button', { name: 'Change' }).click();
  await article(ada, first).getByLabel('Your question').fill(second);
  await ada.getByRole('button', { name: 'Save' }).click();
  await article(host, second).getByRole('button', { name: 'Show' }).click();
  await article(bob, second).waitFor();
  await article(ada, second).getByText('Yours').waitFor();
  assert.equal(await article(bob, second).getByText('Yours').count(), 0);
});

test('two tabs of one seat are one vote', async () => {
  // The other tab's vote is on its way already when this one votes: later, a click there would take the vote back.
  let release;
  const held = new Promise((go) => (release = go));
  await bobToo.route(/\/vote$/, (r) => held.then(() => r.continue()));
  const sent = bobToo.waitForRequest(/\/vote$/);
  await vote(bobToo, second).click();
  await sent;
  await vote(bob, second).click();
  await ada.getByRole('button', { name: /^1 vote\./, pressed: false }).waitFor();
  release();
  for (const page of [bob, bobToo]) await page.getByRole('button', { name: /^1 vote\./, pressed: true }).waitFor();
  await ada.getByRole('button', { name: /^1 vote\./, pressed: false }).waitFor();
  await vote(ada, second).press('Space');
  await bob.getByRole('button', { name: /^2 votes\./ }).waitFor();
  await vote(ada, second).press('Space');
  await bob.getByRole('button', { name: /^1 vote\./ }).waitFor();
  await bobToo.close(); // a page behind another one is hardly painted
});

test('offline, and asked again by itself', async () => {
  await bob.getByLabel('Your question').fill(first);
  await bob.getByLabel('With my name').check();
  await bob.getByLabel('Your name').fill('Björn Østergård');
  await bob.context().setOffline(true);
  await bob.getByRole('button', { name: 'Ask', exact: true }).click();
  await bob.getByText('Not sent yet').waitFor();
  await assertLooks(bob, 'panel, not sent yet', [{ ...handheld, lang: 'en' }, desk]); // offline there are no other words to fetch
  await bob.context().setOffline(false);
  await article(host, first).getByText('Björn Østergård').waitFor();
  await bob.getByText('Not sent yet').waitFor({ state: 'detached' });
  assert.equal((await server.call('GET', `/api/webinars/${webinar.id}/questions`, { token })).body.questions.length, 2, 'asked once, though sent again');
  await article(host, first).getByRole('button', { name: 'Show' }).click();
  await article(ada, first).waitFor();
  await assertLooks(ada, 'panel, two questions');
});

test('answered aloud and in writing, for everybody', async () => {
  await article(host, second).getByRole('button', { name: 'Answer now' }).click();
  for (const page of [ada, bob]) await page.getByRole('article', { name: 'Being answered now' }).getByText(second).waitFor();
  await wall.getByRole('heading', { name: second }).waitFor();
  await assertLooks(wall, 'projector, answering');
  await assertLooks(host, 'inbox, answering');
  await assertLooks(bob, 'panel, answering');
  await article(host, second).getByRole('button', { name: 'Answer in writing' }).click();
  await article(host, second).getByLabel('Answer', { exact: true }).fill('Yes: by mail, tomorrow.');
  await article(host, second).getByRole('button', { name: 'Publish answer' }).click();
  for (const page of [ada, bob]) {
    await page.getByText('1 answered').click();
    await article(page, second).getByText('Yes: by mail, tomorrow.').waitFor();
  }
  await assertLooks(ada, 'panel, answered');
  await wall.getByRole('heading', { name: 'Open data for charities' }).waitFor();
});

test('withdrawn, and put aside', async () => {
  await article(host, first).getByRole('button', { name: 'Put aside' }).click();
  await article(ada, first).waitFor({ state: 'detached' });
  await article(bob, first).getByText('Put aside by the host').waitFor();
  await article(bob, first).getByRole('button', { name: 'Withdraw' }).click();
  await article(bob, first).getByRole('button', { name: 'Withdraw' }).click();
  await article(bob, first).waitFor({ state: 'detached' });
  await article(ada, second).getByRole('button', { name: 'Withdraw' }).click();
  await article(ada, second).getByRole('button', { name: 'Withdraw' }).click();
  await article(bob, second).waitFor({ state: 'detached' });
});

test('tabs by keyboard, and a poll is not missed behind the questions', async () => {
  await ada.getByRole('tab', { name: 'Q&A' }).focus();
  await ada.keyboard.press('ArrowLeft');
  await ada.getByRole('heading', { name: 'No poll yet' }).waitFor();
  await ada.keyboard.press('ArrowRight');
  const one = `/api/webinars/${webinar.id}/polls`;
  const poll = (await server.call('POST', one, { token, json: { question: 'Shall we go on?', kind: 'single', options: ['Yes', 'No'] } })).body;
  await server.call('POST', `${one}/${poll.id}/open`, { token });
  await ada.getByRole('tab', { name: 'Polls 1' }).waitFor();
  await ada.getByRole('heading', { name: 'Q&A' }).waitFor();
  await ada.getByRole('tab', { name: 'Q&A' }).focus();
  await ada.keyboard.press('p');
  await ada.getByRole('heading', { name: 'Shall we go on?' }).waitFor();
});

test('the host closes the box and takes the table along', async () => {
  await host.locator('summary', { hasText: 'How it works here' }).click();
  await host.getByLabel('Open for asking').uncheck();
  await bob.getByText('No questions are taken at the moment.').waitFor();
  const csv = await server.call('GET', `/api/webinars/${webinar.id}/questions.csv`, { token });
  assert.equal(csv.status, 200);
  await host.goto(`${server.url}/webinars/${webinar.id}`);
  await host.getByRole('heading', { name: 'Q&A' }).waitFor();
  await host.getByLabel('Names may be left out').waitFor();
  await assertLooks(host, 'overview');
  assertQuiet(...pages().filter((p) => p.foreign));
});
