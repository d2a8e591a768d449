// Every kind of poll and the vote of members in every state, as scenes for whoever looks at pages. Prepared over the API and
// answered without the room, so that no picture and no sound is in the way; on the phone by keys alone.
import { randomBytes } from 'node:crypto';
import { person } from './browser.mjs';
import { Keys } from './reading.mjs';
import { createWebinar, enterStage, makeAccount } from './steps.mjs';

const topics = ['Consent in practice', 'Captions for everybody', 'Codes and short links that people can type'];
const sentences = ['More time for questions', 'Slides beforehand', 'Ein Treffen der Datenschutzbeauftragten in unserer Geschäftsstelle'];
const steps = (p, ...places) => ({ options: places.map((i) => p.options[i].id) });

/** Marks what is named, going on by Tab from one to the next. */
const marks = (role, ...names) => async (keys, card) => {
  for (const name of names) {
    await keys.to(card.getByRole(role, { name }));
    await keys.press('Space');
  }
};
/** Fills in the fields, which may come one after the other. */
const writes = (...texts) => async (keys, card) => {
  for (const [i, text] of texts.entries()) {
    await keys.to(card.locator('textarea, input:not([type=range])').nth(i));
    await keys.type(text);
  }
};

/** One question of each kind, what the hall says, and how the phone answers by keys. */
const kinds = [
  { kind: 'single', question: 'Which topic shall we look at next?', options: topics, by: marks('radio', topics[0]), say: [2, 2, 1, 2, 0].map((n) => (p) => steps(p, n)) },
  { kind: 'multiple', question: 'What would help you to follow?', options: topics, rules: { least: 1, most: 2 }, by: marks('checkbox', topics[0], topics[2]), say: [[1], [2], [1, 2], [2]].map((n) => (p) => steps(p, ...n)) },
  {
    kind: 'rating', question: 'How well could you follow this part?', options: ['1', '2', '3', '4', '5'], rules: { low: 'not at all', high: 'very well' },
    by: async (keys, card) => {
      await keys.to(card.getByRole('radio', { name: /^1\b.*not at all/ }));
      await keys.press('Space', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowRight');
    },
    say: [3, 3, 2, 4].map((n) => (p) => steps(p, n)),
  },
  {
    kind: 'ranking', question: 'In which order shall we go on?', options: topics,
    by: async (keys, card) => {
      for (const [place, i] of [2, 0, 1].entries()) {
        await keys.to(card.getByRole('button', { name: new RegExp(`^${topics[i]}, place`) }), { fresh: true });
        await keys.press(String(place + 1));
      }
    },
    say: [[0, 1, 2], [2, 1, 0], [2, 0, 1]].map((n) => (p) => steps(p, ...n)),
  },
  {
    kind: 'points', question: 'Where should the money go?', options: topics, rules: { sum: 100 },
    by: async (keys, card) => {
      for (const [i, n] of ['50', '30', '20'].entries()) {
        await keys.to(card.getByRole('spinbutton', { name: topics[i] }));
        await keys.type(n);
      }
    },
    say: [[0, 100, 0], [34, 33, 33]].map((n) => (p) => ({ points: Object.fromEntries(p.options.map((o, i) => [o.id, n[i]])) })),
  },
  { kind: 'guess', question: 'How many charities are there in Germany?', options: [], rules: { unit: 'thousand', truth: 616, tolerance: 20 }, by: writes('600'), say: [350, 625, 900, 580].map((number) => () => ({ number })) },
  { kind: 'text', question: 'Which wishes do you have for next year?', options: [], rules: { most: 2, at_once: true }, by: writes(sentences[0]), say: sentences.slice(1).map((text) => () => ({ texts: [text] })) },
  { kind: 'cloud', question: 'What is teamwork to you?', options: [], by: writes('trust', 'fun'), say: [['trust', 'time'], ['listening'], ['trust', 'Verantwortung'], ['fun']].map((texts) => () => ({ texts })) },
  {
    kind: 'quiz', question: 'Which of these is a prime number?', options: ['51', '57', '59'], rules: { correct: [2] },
    by: async (keys, card) => {
      await marks('radio', '51')(keys, card);
      await marks('checkbox', 'Play for the leaderboard')(keys, card);
      await keys.to(card.getByLabel('Nickname'));
      await keys.type('Zoë');
    },
    say: new Array(12).fill(2).map((n) => (p) => steps(p, n)),
  },
];

/** Somebody without a browser, by the cookie of the seat. */
class Guest {
  constructor(server, webinar) {
    Object.assign(this, { server, path: `/api/webinars/${webinar}` });
  }

  async sit(name) {
    const r = await this.server.call('POST', `${this.path}/join`, { json: name ? { name } : {} });
    this.cookie = r.headers.get('set-cookie').split(';')[0];
    return this;
  }

  async vote(poll, answer, more = {}) {
    const { status, body } = await this.server.call('POST', `${this.path}/polls/${poll.id}/votes`, { json: { answer, receipt: randomBytes(32).toString('hex'), ...more }, headers: { cookie: this.cookie } });
    if (status >= 300) throw new Error(`${poll.question}: ${JSON.stringify(body)}`);
  }
}

/** Walks through the polls and yields {name, page, card, shuffled, wall}; card is the part that a voter has before them, shuffled is what it has in an order of its own, wall marks the pages of the projector. */
export async function* ballots(server, browser) {
  const open = async () => {
    const page = await person(browser, server.url);
    page.setDefaultTimeout(20_000);
    return page;
  };
  const [host, phone, wall, frame] = await Promise.all([open(), open(), open(), open()]);
  await wall.setViewportSize({ width: 1920, height: 1080 });
  await makeAccount(host, server);
  await wall.context().addCookies(await host.context().cookies());
  const call = (method, path, json) => host.evaluate(async ([m, url, body]) => {
    const csv = typeof body === 'string';
    const r = await fetch(`/api/webinars${url}`, { method: m, ...(body ? { headers: { 'Content-Type': csv ? 'text/csv' : 'application/json' }, body: csv ? body : JSON.stringify(body) } : {}) });
    const text = await r.text();
    if (!r.ok) throw new Error(`${m} ${url}: ${text}`);
    return text ? JSON.parse(text) : undefined;
  }, [method, path, json]);
  const { id } = await createWebinar(host, 'Members’ meeting of the open data charity');
  await call('POST', `/${id}/live`);
  const hall = await Promise.all(Array.from({ length: 14 }, () => new Guest(server, id).sit()));
  await Promise.all([phone.goto(`${server.url}/vote/${id}`), wall.goto(`${server.url}/present/${id}`)]);
  await phone.getByRole('heading', { name: 'No poll yet' }).waitFor();
  yield { name: 'phone page, no poll yet', page: phone };

  const keys = new Keys(phone);
  for (const { say, by, ...draft } of kinds) {
    const poll = await call('POST', `/${id}/polls`, { key: randomBytes(16).toString('hex'), rules: {}, ...draft });
    await call('POST', `/${id}/polls/${poll.id}/open`);
    const card = phone.getByRole('region', { name: draft.question });
    await card.locator('form').waitFor();
    yield { name: `${draft.kind}, open`, page: phone, card, shuffled: draft.kind === 'ranking' ? topics : [] };
    await keys.top();
    await by(keys, card);
    await keys.to(card.getByRole('button', { name: 'Send answer' }));
    await keys.press('Enter');
    await card.getByText(/^Stored at/).waitFor();
    // One after the other: words and players are listed in the order in which they came.
    for (const [i, answer] of say.entries()) await hall[i].vote(poll, answer(poll), draft.kind === 'quiz' ? { player: { id: randomBytes(32).toString('hex'), nickname: `Team ${String.fromCharCode(65 + i)}` } } : {});
    await call('POST', `/${id}/polls/${poll.id}/close`);
    await card.getByText('The poll is closed').or(card.locator('.state')).first().waitFor();
    if (draft.kind === 'quiz') await card.getByText('and 3 more').waitFor();
    // Who wrote first is nobody's business, so sentences have no order that lasts.
    yield { name: `${draft.kind}, result`, page: phone, card, shuffled: draft.kind === 'text' ? sentences : [] };
    await wall.getByText('Result', { exact: true }).waitFor();
    yield { name: `${draft.kind}, result on the wall`, page: wall, wall: true };
  }
  yield* beside({ server, call, id, host, phone, frame, hall });
  yield* motion({ server, call, id, host, wall, frame, open });
}

/** A named poll and who said what, the host's own vote, and the frame of another site. */
async function* beside({ server, call, id, host, phone, frame, hall }) {
  const names = ['Amina Yılmaz', '', 'Dr. Bartholomäus von Hohenstein-Wolkenkratz', 'سارة الكاتب', '=HYPERLINK("x")', 'Zoë'];
  const people = await Promise.all(names.map((name) => new Guest(server, id).sit(name)));
  const poll = await call('POST', `/${id}/polls`, { question: 'Who can help at the summer party?', kind: 'multiple', options: ['Setting up', 'At the grill', 'Clearing away'], rules: { least: 1, most: 3 }, secrecy: 'named', key: randomBytes(16).toString('hex') });
  await call('POST', `/${id}/polls/${poll.id}/open`);
  const card = phone.getByRole('region', { name: poll.question });
  await card.locator('form').waitFor();
  yield { name: 'named, open', page: phone, card };
  await Promise.all(people.map((p, i) => p.vote(poll, steps(poll, ...[[0, 2], [1], [0, 1, 2], [2], [1], [0]][i]))));

  await enterStage(host, `${server.url}/stage/${id}`);
  const running = host.getByRole('article', { name: poll.question });
  await running.getByText('Your own vote', { exact: true }).click();
  await running.getByRole('checkbox', { name: 'At the grill' }).check();
  await running.getByText('6 answers').waitFor();
  yield { name: 'own vote of the host', page: host, card: running };
  await running.getByRole('button', { name: 'Send answer' }).click();
  await running.getByText('Your own vote: counted').waitFor();
  await Promise.all([0, 1].map((i) => running.getByText('7 answers').nth(i).waitFor()));
  yield { name: 'own vote of the host, given', page: host, card: running };
  await call('POST', `/${id}/polls/${poll.id}/close`);
  await host.goto(`${server.url}/webinars/${id}`);
  const item = host.getByRole('listitem').filter({ hasText: poll.question });
  await item.getByText('Answers by person').click();
  await item.getByRole('row', { name: /^Zoë/ }).waitFor();
  yield { name: 'named, who said what', page: host };

  await call('PUT', `/${id}/embed`, { origins: ['https://www.example.org'] });
  const asked = await call('POST', `/${id}/polls`, { question: 'What do our readers think of open data?', kind: 'single', options: topics, rules: {}, key: randomBytes(16).toString('hex') });
  await call('POST', `/${id}/polls/${asked.id}/open`);
  await frame.goto(`${server.url}/embed/poll/${id}`);
  await frame.getByRole('radio').first().check();
  const framed = frame.getByRole('main');
  yield { name: 'embed, open', page: frame, card: framed };
  await Promise.all(hall.slice(0, 5).map((guest, i) => guest.vote(asked, steps(asked, i % 3))));
  await frame.getByRole('button', { name: 'Send answer' }).click();
  await frame.getByText('Still open').waitFor();
  await frame.getByText('6 answers').waitFor();
  yield { name: 'embed, voted', page: frame, card: framed };
  await call('POST', `/${id}/polls/${asked.id}/close`);
  await frame.getByText('Still open').waitFor({ state: 'detached' });
  yield { name: 'embed, result', page: frame, card: framed };
}

/** The members vote: with a proxy, on paper, and what becomes of it. */
async function* motion({ server, call, id, host, wall, frame, open }) {
  const people = await call('POST', `/${id}/assembly/members`, 'number,name,votes,proxy\n1,Anna Ångström,2,\n2,Bert Muster-Oberhauser,1,1\n3,Cem Aydın,3,\n4,Dora Beispiel,1,\n');
  const member = await open();
  await member.goto(people[0].link.replace('/w/', '/vote/'));
  await member.getByRole('button', { name: 'I am here' }).click();
  await member.getByText('You also represent: Bert Muster-Oberhauser').waitFor();
  const roll = await call('GET', `/${id}/assembly`);
  const named = (name) => roll.members.find((m) => m.name === name).id;
  await call('PATCH', `/${id}/assembly/members/${named('Dora Beispiel')}`, { here: true, paper: true });
  await call('PATCH', `/${id}/assembly/members/${named('Anna Ångström')}`, { teller: true });
  const poll = await call('POST', `/${id}/polls`, { question: 'Shall the yearly fee be 30 € from January on?', kind: 'single', options: ['For', 'Against', 'Abstain'], rules: {}, key: randomBytes(16).toString('hex'), secrecy: 'named', motion: { majority: 'simple', heads: false, abstain: true } });
  await call('POST', `/${id}/polls/${poll.id}/open`, { small_classes: true });
  const card = member.getByRole('region', { name: poll.question });
  await card.getByText('counts 2').waitFor();
  yield { name: 'motion, open', page: member, card };
  await wall.getByRole('heading', { name: poll.question }).waitFor();
  yield { name: 'motion, open on the wall', page: wall, wall: true };
  await frame.goto(`${server.url}/vote/${id}`);
  await frame.getByText('each with their personal link').first().waitFor();
  yield { name: 'motion, a guest', page: frame, card: frame.getByRole('region', { name: poll.question }) };
  const keys = new Keys(member);
  for (const option of ['For', 'Against']) {
    await keys.to(card.getByRole('radio', { name: 'For', exact: true }));
    await keys.press('Space', ...(option === 'Against' ? ['ArrowDown'] : []));
    const sent = member.waitForResponse((r) => r.url().endsWith('/votes'));
    await keys.to(card.locator('form button.primary'));
    await keys.press('Enter');
    await sent;
  }
  await card.getByText('Voted for Bert Muster-Oberhauser').waitFor();
  yield { name: 'motion, voted for two', page: member, card };
  await host.goto(`${server.url}/webinars/${id}`);
  await host.getByRole('link', { name: 'Members' }).click();
  await host.getByText('counted on paper', { exact: false }).or(host.getByRole('button', { name: 'Keep my count' })).first().waitFor();
  yield { name: 'motion, the host', page: host };
  // Two people count the ballots on paper, each on a page of their own.
  for (const page of [host, member]) {
    await page.getByLabel('For', { exact: true }).and(page.locator('input[type=number]')).fill('1');
    await page.getByRole('button', { name: 'Keep my count' }).click();
    if (page === host) await page.getByText('Your count is kept.').waitFor();
  }
  await member.getByText('Counted alike by two people').waitFor();
  yield { name: 'motion, paper agreed', page: member, card };
  await host.getByText('Counted alike by two people, and in the result.').waitFor();
  yield { name: 'motion, paper agreed, the host', page: host };
  await call('POST', `/${id}/polls/${poll.id}/close`);
  await card.getByText('Carried', { exact: true }).waitFor();
  yield { name: 'motion, result', page: member, card };
  await wall.getByText('Carried', { exact: true }).waitFor();
  yield { name: 'motion, result on the wall', page: wall, wall: true };
}
