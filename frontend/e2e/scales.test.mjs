// Every kind of poll from the editor to the exported result, answered by keyboard alone, looked at on a phone, at a desk
// and on the wall.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Cast, person, pictured } from './browser.mjs';
import { assertLooks, wear } from './looks.mjs';
import { Organizer } from './organizer.mjs';
import { Server } from './server.mjs';
import { assertQuiet, becomes, join } from './steps.mjs';

const wide = { width: 1920, height: 1080, theme: 'light', lang: 'en' };

let server, cast, host, voter, wall, webinar, crowd, cookie;

before(async () => {
  server = await Server.start();
  cast = new Cast();
  const browser = await cast.browser();
  [host, voter, wall] = await Promise.all([1, 2, 3].map(() => person(browser, server.url)));
  for (const page of [host, voter, wall]) page.setDefaultTimeout(40_000);
  const organizer = await Organizer.of(server, host, wall);
  cookie = organizer.cookie;
  webinar = await organizer.webinar('Kinds of polls');
  await join(voter, webinar.link, { picture: false });
  await wall.goto(`${server.url}/present/${webinar.id}`);
  crowd = await Promise.all(Array.from({ length: 8 }, seat));
});

after(async () => {
  await cast?.close();
  await server?.stop();
});

/** A seat of somebody who answers without a browser: its cookie. */
async function seat() {
  const r = await server.call('POST', `/api/webinars/${webinar.id}/join`, { json: {} });
  return r.headers.get('set-cookie').split(';')[0];
}

const pollsOf = async (who) => (await server.call('GET', `/api/webinars/${webinar.id}/polls`, { headers: { cookie: who } })).body;

async function write(kind, question, fill) {
  await host.goto(`${server.url}/webinars/${webinar.id}`);
  await host.getByRole('button', { name: 'New poll' }).click();
  await host.getByLabel('Question').fill(question);
  await host.getByRole('radio', { name: kind }).check();
  await fill();
  await look(host, `editor ${kind}`);
  await host.getByRole('button', { name: 'Save' }).click();
  await host.getByRole('heading', { name: question }).waitFor();
  return (await pollsOf(cookie)).find((p) => p.question === question);
}

async function options(...texts) {
  for (const [i, text] of texts.entries()) {
    const field = host.getByLabel(`Answer ${i + 1}`, { exact: true });
    if (i >= 2) await host.getByRole('button', { name: 'Add answer' }).click();
    await field.fill(text);
  }
}

const act = (poll, what) => server.call('POST', `/api/webinars/${webinar.id}/polls/${poll.id}/${what}`, { headers: { cookie, origin: server.url } });
const send = (poll, who, answer) => server.call('POST', `/api/webinars/${webinar.id}/polls/${poll.id}/votes`, { json: { answer, receipt: randomBytes(32).toString('hex') }, headers: { cookie: who } });

const look = (page, name, looks) => assertLooks(page, name, looks, { focus: false });

/** One kind: opened, answered by keys, wrong answers refused, closed, exported. */
async function story(poll, { answerByKeys, others, wrong, code, result }) {
  assert.equal((await act(poll, 'open')).status, 200);
  const card = voter.getByRole('region', { name: poll.question });
  const sending = card.getByRole('button', { name: 'Send answer' });
  await sending.waitFor();
  await look(voter, `card ${poll.kind}`);
  const open = (await pollsOf(crowd[0])).find((p) => p.id === poll.id);
  assert.equal(open.rules.truth, undefined, 'nobody is told what is right');
  for (const answer of wrong(open)) {
    const r = await send(poll, crowd[0], answer);
    assert.deepEqual([r.status, r.body.code], [422, code], JSON.stringify(answer));
  }
  for (const [i, answer] of others(open).entries()) assert.equal((await send(poll, crowd[i], answer)).status, 201, JSON.stringify(answer));
  await answerByKeys(card, open);
  await sending.focus();
  await voter.keyboard.press('Enter');
  await card.getByText('Your vote is counted.').or(card.getByText(/receipt/i)).first().waitFor();
  await look(voter, `voted ${poll.kind}`);
  await wall.getByRole('heading', { name: poll.question }).waitFor();
  await look(wall, `wall ${poll.kind}`, [wide, { ...wide, theme: 'dark', lang: 'de' }]);
  assert.equal((await act(poll, 'close')).status, 200);
  const closed = (await pollsOf(crowd[0])).find((p) => p.id === poll.id);
  assert.equal(closed.tally.total, others(open).length + 1);
  result(closed);
  await host.goto(`${server.url}/webinars/${webinar.id}`);
  await host.getByRole('listitem').filter({ hasText: poll.question }).locator('summary').click();
  await look(host, `host ${poll.kind}`);
  for (const page of [host, voter, wall]) assertQuiet(page);
}

const told = (name, run) => test(name, () => pictured(name, () => [host, voter, wall], run));

told('rating: a scale of numbers', async () => {
  const question = 'How useful was this hour for you?';
  const poll = await write('Rating scale', question, async () => {
    await host.getByLabel('The low end means').fill('not at all');
    await host.getByLabel('The high end means').fill('very much');
  });
  await story(poll, {
    answerByKeys: async (card) => {
      await card.getByRole('radio').first().focus();
      for (const key of ['Space', 'ArrowRight', 'ArrowRight', 'ArrowRight']) await voter.keyboard.press(key);
      assert.ok(await card.getByRole('radio', { name: '4' }).isChecked());
    },
    others: ({ options: o }) => [4, 4, 3, 3, 3, 2, 0].map((i) => ({ options: [o[i].id] })),
    wrong: ({ options: o }) => [{ options: [o[0].id, o[1].id] }, { options: [] }],
    code: 'choices',
    result: (p) => assert.deepEqual([p.tally.votes, p.tally.median], [[1, 0, 1, 4, 2], 4]),
  });
});

told('ranking: by number keys', async () => {
  const poll = await write('Ranking', 'What shall we build first?', () => options('Captions', 'Breakout rooms', 'Better search', 'A mobile app'));
  await story(poll, {
    answerByKeys: async (card, { options: o }) => {
      for (const [i, { text }] of o.entries()) {
        await card.getByRole('button', { name: new RegExp(`^${text}, place`) }).focus();
        await voter.keyboard.press(String(i + 1));
      }
      await voter.keyboard.press('ArrowUp'); // and the last one up by an arrow
      await card.getByRole('button', { name: `${o[3].text}, place 3 of 4` }).waitFor();
      await becomes(() => voter.evaluate(() => document.activeElement?.getAttribute('aria-label')), `${o[3].text}, place 3 of 4`, 'the focus moves along');
    },
    others: ({ options: o }) => [[0, 1, 2, 3], [0, 2, 1, 3], [3, 0, 1, 2], [2, 0, 3, 1]].map((order) => ({ options: order.map((i) => o[i].id) })),
    wrong: ({ options: o }) => [{ options: [o[0].id, o[0].id, o[1].id, o[2].id] }, { options: [o[0].id] }],
    code: 'ranking',
    result: (p) => assert.deepEqual([p.tally.votes, p.tally.points], [[3, 0, 1, 1], [13, 6, 6, 5]]),
  });
});

told('points: exactly all of them', async () => {
  const poll = await write('Points', 'Where should the money go?', () => options('Rooms', 'People', 'Tools'));
  await story(poll, {
    answerByKeys: async (card) => {
      await card.getByRole('spinbutton', { name: 'Rooms' }).focus();
      await voter.keyboard.type('250'); // no field takes more than there is
      assert.equal(await card.getByRole('spinbutton', { name: 'Rooms' }).inputValue(), '100');
      await voter.keyboard.press('Control+A');
      await voter.keyboard.type('30');
      await card.getByText('70 of 100 points left').waitFor();
      await card.getByRole('button', { name: 'Send answer' }).focus();
      await voter.keyboard.press('Enter');
      await card.getByText('Please give away 70 more points.').waitFor();
      await card.getByRole('button', { name: 'Give the remaining 70 to: People' }).focus();
      await voter.keyboard.press('Enter');
      await card.getByText('All points are given.').waitFor();
    },
    others: ({ options: o }) => [{ points: { [o[0].id]: 20, [o[1].id]: 50, [o[2].id]: 30 } }, { points: { [o[1].id]: 100 } }, { points: { [o[2].id]: 60, [o[0].id]: 40 } }],
    wrong: ({ options: o }) => [{ points: { [o[0].id]: 99 } }, { points: { [o[0].id]: 101 } }, { points: { [o[0].id]: 150, [o[1].id]: -50 } }],
    code: 'sum',
    result: (p) => assert.deepEqual(p.tally.points, [90, 220, 90]),
  });
});

told('numeric guess: with a right answer', async () => {
  const poll = await write('Numeric guess', 'How far is it from Berlin to Kyiv?', async () => {
    await host.getByLabel('Unit').fill('km');
    await host.getByLabel('Lowest number').fill('0');
    await host.getByLabel('Correct number').fill('1204');
    await host.getByLabel('Tolerance').fill('50');
  });
  await story(poll, {
    answerByKeys: async (card) => {
      await card.getByRole('spinbutton').focus();
      await voter.keyboard.type('1200');
    },
    others: () => [900, 1000, 1100, 1250, 1500, 2000, 1204, 1300].map((number) => ({ number })),
    wrong: () => [{ number: -1 }, { number: 1e300 }, {}],
    code: 'number',
    result: (p) => assert.deepEqual([p.tally.right, p.tally.median, p.rules.truth], [3, 1204, 1204]),
  });
});

told('long answers leave the way to take part in sight, and a number beside one that is read from the right', async () => {
  const long = Array.from({ length: 9 }, (_, i) => `${i} ${'a long answer that nobody wanted to shorten '.repeat(3)}`.slice(0, 118).trim());
  const question = 'Which of these very long sentences says it best? '.repeat(6).trim();
  const draft = { question, kind: 'ranking', options: ['مرحبا بالعالم', ...long], results: 'shown' };
  const poll = (await server.call('POST', `/api/webinars/${webinar.id}/polls`, { json: draft, headers: { cookie, origin: server.url } })).body;
  assert.equal((await act(poll, 'open')).status, 200);
  assert.equal((await send(poll, crowd[0], { options: poll.options.map((o) => o.id) })).status, 201);
  await wall.getByRole('heading', { name: question }).waitFor();
  await wall.getByText('1 × first', { exact: true }).waitFor();
  for (const way of [wide, { ...wide, width: 1280, height: 720 }]) {
    await wear(wall, way);
    const seen = () => wall.evaluate(() => {
      const box = (q) => document.querySelector(q).getBoundingClientRect();
      const [text, note] = [box('.wall li bdi'), box('.wall li .beside')];
      return { taller: document.documentElement.scrollHeight > innerHeight, ways: box('.wall footer img').bottom <= innerHeight, beside: note.left >= text.right };
    });
    await becomes(seen, { taller: true, ways: true, beside: true }, `${way.width}`);
  }
  await look(wall, 'wall long', [wide]);
  assert.equal((await act(poll, 'close')).status, 200);
});
