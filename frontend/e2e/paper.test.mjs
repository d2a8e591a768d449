// A meeting whose vote ends by the clock while its ballots on paper are still being counted: nothing is lost, and everybody is told.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Cast, makeFace, person, pictured } from './browser.mjs';
import { assertLooks, desk, handheld } from './looks.mjs';
import { Organizer } from './organizer.mjs';
import { Server } from './server.mjs';
import { assertQuiet, becomes, enterStage } from './steps.mjs';

const looks = [handheld, { width: 390, height: 844, theme: 'light', lang: 'en' }, { ...desk, theme: 'dark' }, desk];
const projected = ['light', 'dark'].map((theme) => ({ width: 1920, height: 1080, theme, lang: 'en' }));

let server, cast, organizer;

/** Reads a list of members; answers them with their links. */
async function members(id, csv) {
  const res = await fetch(`${server.url}/api/webinars/${id}/assembly/members`, { method: 'POST', headers: { 'Content-Type': 'text/csv', cookie: organizer.cookie, origin: server.url }, body: csv });
  return res.json();
}

before(async () => {
  server = await Server.start();
  organizer = await Organizer.of(server);
  cast = new Cast();
});
after(async () => {
  await cast?.close();
  await server?.stop();
});

test('a vote whose time is up waits for its ballots on paper', async () => {
  const browser = await cast.browser(makeFace(cast.dir, 'host', 'blue', 440, { light: true }));
  const [host, stage, wall] = [await person(browser, server.url), await person(browser, server.url), await person(browser, server.url, { viewport: { width: 1920, height: 1080 } })];
  const [anna, guest] = [await person(browser, server.url, { viewport: { width: 390, height: 844 } }), await person(browser, server.url)];
  await pictured('paper', () => [host, stage, wall, anna, guest], async () => {
    for (const page of [host, stage, wall]) await organizer.signIn(page);
    const { id } = await organizer.webinar('Mitgliederversammlung 2026');
    const people = await members(id, 'number,name\n1,Anna Ångström\n2,Dora Beispiel\n3,Emil Spät\n');
    await organizer.ask('PUT', `/api/webinars/${id}/assembly/rules`, { quorum: 90, heads: false, proxies: 0 });
    await organizer.ask('PATCH', `/api/webinars/${id}/assembly/members/${people[1].member.id}`, { here: true, paper: true });
    await organizer.ask('PATCH', `/api/webinars/${id}/assembly/members/${people[0].member.id}`, { here: true, teller: true });
    const question = 'Shall the yearly fee be 30 € from January on?';
    await organizer.poll(id, question, ['For', 'Against', 'Abstain'], { motion: { majority: 'simple', heads: false, abstain: true }, open_for_ms: 20_000 });

    await anna.goto(people[0].link.replace('/w/', '/vote/'));
    await anna.getByText('You are on the list of members').waitFor();
    await guest.goto(`${server.url}/vote/${id}`);
    await guest.getByRole('tab', { name: 'Polls', exact: true }).waitFor();
    await wall.goto(`${server.url}/present/${id}`);
    await host.goto(`${server.url}/members/${id}`);
    await enterStage(stage, `${server.url}/stage/${id}`);

    // The stage says what the members' page says, and one key does not open it unasked.
    const unready = 'There is no quorum yet: if you open the vote now, it ends without a decision.';
    await stage.getByRole('article', { name: 'Next' }).getByText(unready).waitFor();
    await stage.keyboard.press('n');
    const dialog = stage.getByRole('dialog', { name: 'Open without a quorum?' });
    await dialog.getByText(unready).waitFor();
    await assertLooks(stage, 'stage-no-quorum', looks);
    await dialog.getByRole('button', { name: 'Open all the same' }).click();

    // Anna has a vote to cast, the guest has none.
    await anna.getByRole('tab', { name: 'Polls 1', exact: true }).waitFor();
    await guest.getByText('each with their personal link').first().waitFor();
    assert.equal(await guest.getByRole('tab', { name: 'Polls', exact: true }).count(), 1);
    await anna.getByRole('radio', { name: 'For', exact: true }).check();
    await anna.locator('.poll form button.primary').click();
    await anna.getByText('You have voted').waitFor();
    await anna.getByRole('tab', { name: 'Polls', exact: true }).waitFor();
    await host.getByText('Sealed until the vote closes. 1 ballot is in the box.').waitFor();
    const count = async (page, option, button = 'Keep my count') => {
      await page.getByRole('spinbutton', { name: option, exact: true }).fill('1');
      await page.getByRole('button', { name: button }).click();
    };
    await count(host, 'Against');
    await host.getByText('Your count is kept.').waitFor();

    // Time is up.
    for (const page of [host, stage]) await page.getByText('No vote is taken any more.').first().waitFor({ timeout: 40_000 });
    for (const page of [anna, guest, wall]) await page.getByText('Voting is over. The ballots on paper are still being counted').waitFor();
    await assertLooks(host, 'paper-owed', looks);
    await assertLooks(stage, 'paper-owed-stage', looks);
    await assertLooks(anna, 'paper-owed-member', looks);
    await assertLooks(guest, 'paper-owed-guest', looks);
    await assertLooks(wall, 'paper-owed-wall', projected);
    await host.getByRole('button', { name: /^Close the vote/ }).click();
    await host.getByText('two people do not agree on them yet').waitFor();

    await count(anna, 'Against');
    for (const page of [host, anna, guest, wall]) await page.getByText('No decision: no quorum').first().waitFor();
    assert.equal(await host.getByRole('alert').filter({ hasText: 'do not agree' }).count(), 0, 'what kept it from closing is still said');
    await assertLooks(host, 'paper-closed', looks);
    await assertLooks(anna, 'paper-closed-member', looks);
    await becomes(async () => (await organizer.ask('GET', `/api/webinars/${id}/polls`))[0].tally.motion.votes.join(), '1,1,0');
    assertQuiet(host, anna, guest, wall, stage);
  });
});

test('a webinar that ends before its paper is counted leaves nobody out', async () => {
  const browser = await cast.browser(makeFace(cast.dir, 'end', 'green', 330, { light: true }));
  const [stage, anna] = [await person(browser, server.url), await person(browser, server.url, { viewport: { width: 390, height: 844 } })];
  await pictured('paper-end', () => [stage, anna], async () => {
    await organizer.signIn(stage);
    const { id } = await organizer.live('Mitgliederversammlung 2027');
    const people = await members(id, 'number,name\n1,Anna Ångström\n2,Dora Beispiel\n');
    await organizer.ask('PATCH', `/api/webinars/${id}/assembly/members/${people[1].member.id}`, { here: true, paper: true });
    await organizer.ask('PATCH', `/api/webinars/${id}/assembly/members/${people[0].member.id}`, { here: true, teller: true });
    const poll = await organizer.poll(id, 'Shall we meet in May?', ['For', 'Against'], { motion: { majority: 'simple', heads: false, abstain: false } });
    await organizer.ask('POST', `/api/webinars/${id}/polls/${poll.id}/open`);
    await organizer.ask('PUT', `/api/webinars/${id}/polls/${poll.id}/paper`, { classes: [{ weight: 1, votes: [1, 0], invalid: 0 }] });
    await anna.goto(people[0].link.replace('/w/', '/vote/'));
    await anna.getByRole('tab', { name: 'Polls 1', exact: true }).waitFor();
    await enterStage(stage, `${server.url}/stage/${id}`);
    await stage.getByRole('button', { name: 'End', exact: true }).click();
    await stage.getByText('“Shall we meet in May?”: the ballots on paper are not yet counted alike').waitFor();
    await assertLooks(stage, 'paper-end', looks);
    await stage.getByRole('button', { name: 'End for all' }).click();

    await anna.getByText('Voting is over. The ballots on paper are still being counted').waitFor();
    await assertLooks(anna, 'paper-end-member', looks);
    await anna.getByRole('spinbutton', { name: 'For', exact: true }).fill('1');
    await anna.getByRole('button', { name: 'Keep my count' }).click();
    await anna.getByText('Counted alike by two people').waitFor();
    await becomes(async () => (await organizer.ask('GET', `/api/webinars/${id}/polls`))[0].state, 'closed');
    await anna.reload();
    await anna.getByText('Carried', { exact: true }).waitFor();
    assertQuiet(stage, anna);
  });
});
