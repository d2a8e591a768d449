// What the box promises, in front of people: a secret vote with a blind ballot paper, an answer that is changed, and the
// published list in which each finds their own receipt.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Cast, person, pictured } from './browser.mjs';
import { assertLooks, desk, handheld } from './looks.mjs';
import { Organizer } from './organizer.mjs';
import { Server } from './server.mjs';
import { assertQuiet, join } from './steps.mjs';

let server, cast;

before(async () => {
  server = await Server.start();
  cast = new Cast();
});
after(async () => {
  await cast?.close();
  await server?.stop();
});

const look = (page, name) => assertLooks(page, name, [handheld, desk], { focus: false });

/** The host's own calls, from the host's page. */
const call = (host, method, to, body) =>
  host.evaluate(async ([m, u, b]) => {
    const res = await fetch(`/api/webinars/${u}`, { method: m, headers: { 'Content-Type': 'application/json' }, ...(b ? { body: JSON.stringify(b) } : {}) });
    const text = await res.text();
    if (!res.ok) throw new Error(`${m} ${u}: ${res.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }, [method, to, body]);

test('a secret vote, a changed answer and the list of receipts', async () => {
  const browser = await cast.browser();
  const host = await person(browser, server.url);
  const [ada, ben, guest] = await Promise.all([person(browser, server.url), person(browser, server.url), person(browser, server.url)]);
  for (const p of [host, ada, ben, guest]) p.setDefaultTimeout(30_000);
  await pictured('ballot', () => [host, ada, ben, guest], async () => {
    const { id, link } = await (await Organizer.of(server, host)).webinar('Members’ meeting');

    // The host chooses the level in the editor.
    await host.goto(`${server.url}/webinars/${id}`);
    await host.getByRole('button', { name: 'New poll' }).click();
    await host.getByLabel('Question').fill('Who shall be chair?');
    await host.getByLabel('Answer 1', { exact: true }).fill('Grace');
    await host.getByLabel('Answer 2', { exact: true }).fill('Edsger');
    await host.getByRole('radio', { name: /^Secret/ }).check();
    await host.getByText('Who came by the open link cannot vote here.').waitFor();
    await look(host, 'ballot-editor');
    await host.getByRole('button', { name: 'Save' }).click();
    await host.getByRole('heading', { name: 'Who shall be chair?' }).waitFor();
    const [secret] = await call(host, 'GET', `${id}/polls`);
    assert.equal(secret.secrecy, 'secret');

    for (const p of [ada, ben]) {
      const { link: mine } = await call(host, 'POST', `${id}/tickets`, { role: 'attendee', name: p === ada ? 'Ada' : 'Ben' });
      await join(p, mine, { picture: false });
    }
    await join(guest, link, { picture: false });

    const sent = [];
    ada.on('request', (r) => r.method() === 'POST' && /\/(token|ballots|votes)$/.test(r.url()) && sent.push(r));
    await call(host, 'POST', `${id}/polls/${secret.id}/open`, {});
    await ada.getByText('Secret. Nothing that this server stores tells which vote is yours').waitFor();
    await guest.getByText('Secret polls are for people with a personal link.').waitFor();
    await look(ada, 'ballot-secret');
    await ada.getByRole('radio', { name: 'Grace' }).check();
    await ada.getByRole('button', { name: 'Send answer' }).click();
    await ada.getByText('Stored').first().waitFor();
    assert.deepEqual(sent.map((r) => r.url().split('/').pop()), ['token', 'ballots'], 'the paper first, the ballot later');
    const headers = await sent[1].allHeaders();
    assert.equal(headers.cookie, undefined, 'the ballot comes without a session');
    await ada.reload();
    await ada.getByText('Stored').first().waitFor(); // the browser knows, the server does not
    await ben.getByRole('radio', { name: 'Edsger' }).check();
    await ben.getByRole('button', { name: 'Send answer' }).click();
    await ben.getByText('Stored').first().waitFor();

    const closed = await call(host, 'POST', `${id}/polls/${secret.id}/close`);
    assert.deepEqual(closed.tally.votes, [1, 1]);
    await ada.getByRole('button', { name: 'Check my receipt' }).or(ada.getByRole('button', { name: /receipt/i })).first().click();
    await ada.getByText('All receipts in the box').click();
    await ada.getByText('· yours').waitFor();
    await look(ada, 'ballot-receipts');

    // An answer is changed, with names this time.
    const named = await call(host, 'POST', `${id}/polls`, { question: 'Which evening?', options: ['Monday', 'Friday'], secrecy: 'named', changeable: true });
    await call(host, 'POST', `${id}/polls/${named.id}/open`, {});
    await ada.getByText('With your name: the host sees how you vote. You can change your answer until the poll closes.').waitFor();
    await ada.getByRole('radio', { name: 'Monday' }).check();
    await ada.getByRole('button', { name: 'Send answer' }).click();
    await ada.getByRole('button', { name: 'Change my answer' }).click();
    await ada.getByRole('radio', { name: 'Friday' }).check();
    await look(ada, 'ballot-change');
    await ada.getByRole('button', { name: 'Send changed answer' }).click();
    await ada.getByRole('button', { name: 'Change my answer' }).waitFor();
    const voters = await call(host, 'GET', `${id}/polls/${named.id}/voters`);
    assert.deepEqual(voters.map((v) => [v.name, v.answer.options[0] === named.options[1].id]), [['Ada', true]]);
    assert.deepEqual((await call(host, 'POST', `${id}/polls/${named.id}/close`)).tally.votes, [0, 1]);
    assertQuiet(host, ada, ben, guest);
  });
});
