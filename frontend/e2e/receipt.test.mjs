// Who was recorded comes back by the receipt link, with no seat and no account, and takes everything out again.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Cast, makeFace, person, pictured } from './browser.mjs';
import { assertLooks } from './looks.mjs';
import { Organizer } from './organizer.mjs';
import { filesUnder, Server } from './server.mjs';
import { announce, answer, assertQuiet, createWebinar, enterStage, indicated, signIn, startRecording } from './steps.mjs';

let server, cast, organizer;

before(async () => {
  server = await Server.start();
  cast = new Cast();
  organizer = await Organizer.of(server);
});
after(async () => {
  await cast?.close();
  await server?.stop();
});

/** The films in the store and on their way there. */
const films = () => filesUnder(server.data).filter((f) => /\.webm/.test(f));

async function until(what, ask, ms = 20_000) {
  for (const end = Date.now() + ms; !(await ask()); ) {
    assert.ok(Date.now() < end, `not within ${ms} ms: ${what}`);
    await new Promise((go) => setTimeout(go, 100));
  }
}

/** The host is on stage of a webinar, has agreed and is recorded; answers its id. */
async function recorded(host, title) {
  await organizer.signIn(host);
  const { id } = await organizer.live(title);
  await enterStage(host, `${server.url}/stage/${id}`);
  await announce(host);
  await answer(host, 'Record me');
  await startRecording(host);
  await indicated(host, 'Recording');
  return id;
}

test('a receipt link withdraws after the event', async () => {
  const browser = await cast.browser(makeFace(cast.dir, 'host', 'green', 440, { light: true }));
  const host = await person(browser, server.url);
  const guest = await person(browser, server.url);
  await pictured('receipt', () => [host, guest], async () => {
    const id = await recorded(host, 'Wärmepumpen im Altbau');
    const field = host.getByRole('textbox', { name: 'Receipt link' });
    const link = await field.inputValue();
    await server.written(2);
    await host.getByRole('button', { name: 'Stop recording' }).click();
    await host.getByRole('button', { name: 'Stop recording' }).waitFor({ state: 'hidden' });
    await host.goto(`${server.url}/recordings/${id}`);
    await host.locator('video').first().waitFor();
    await until('the recording and its program are stored', async () => films().length >= 2);

    const copy = await host.request.get(await host.getByRole('link', { name: /^Download:/ }).first().getAttribute('href').then((href) => new URL(href, server.url).href));
    assert.equal(copy.status(), 200);

    // Somebody else's browser: no cookie, nothing but the link.
    await guest.goto(link);
    await guest.getByRole('heading', { name: 'Wärmepumpen im Altbau' }).waitFor();
    await guest.getByText('1 file', { exact: true }).waitFor();
    await guest.getByText('You agreed to be recorded.').waitFor();
    await assertLooks(guest, 'granted');
    await guest.getByRole('button', { name: 'Withdraw consent' }).click();
    await assertLooks(guest, 'confirm');
    await guest.getByRole('button', { name: 'Yes, withdraw' }).click();
    await guest.getByText('You have withdrawn your consent.').waitFor();
    await guest.getByText('Nothing is stored', { exact: true }).waitFor();
    await assertLooks(guest, 'withdrawn');

    await until('the films are gone from the store', () => films().length === 0);
    await host.reload();
    await host.getByRole('heading', { name: 'Recordings' }).waitFor();
    await host.locator('section.card').first().waitFor();
    assert.equal(await host.locator('video').count(), 0, 'the player is gone');
    await host.getByText('Please delete a copy.').waitFor(); // the host had downloaded one
    await assertLooks(host, 'task');
    await host.getByRole('button', { name: 'The copy is deleted' }).click();
    await host.getByText('Please delete a copy.').waitFor({ state: 'hidden' });

    await guest.goto(`${link.slice(0, -1)}${link.endsWith('A') ? 'B' : 'A'}`);
    await guest.getByText('This link leads nowhere.').waitFor();
    await assertLooks(guest, 'unknown');
    assertQuiet(host, guest);
  });
});

test('who takes consent back elsewhere reads that on the stage at once', async () => {
  const browser = await cast.browser(makeFace(cast.dir, 'host', 'green', 440, { light: true }));
  const host = await person(browser, server.url);
  const guest = await person(browser, server.url);
  await pictured('elsewhere', () => [host, guest], async () => {
    const id = await recorded(host, 'Wärmepumpen im Neubau');
    const mine = host.getByRole('region', { name: 'My recording consent' });
    await mine.getByText('Agreed', { exact: true }).waitFor();
    await guest.goto(await host.getByRole('textbox', { name: 'Receipt link' }).inputValue());
    await guest.getByRole('button', { name: 'Withdraw consent' }).click();
    await guest.getByRole('button', { name: 'Yes, withdraw' }).click();
    await guest.getByText('You have withdrawn your consent.').waitFor();
    await mine.getByText('Withdrawn: you are not recorded').waitFor({ timeout: 2_000 });
    assert.equal(await mine.getByRole('button', { name: 'Withdraw consent' }).count(), 0);
    await indicated(host, 'Recording paused'); // who speaks has not agreed any more
    await assertLooks(host, 'withdrawn-elsewhere');
    await mine.getByRole('button', { name: 'Change my answer' }).click();
    await answer(host, 'Record me');
    await mine.getByText('Agreed', { exact: true }).waitFor();
    await host.goto(`${server.url}/webinars/${id}`); // leaves the stage
    assertQuiet(host, guest);
  });
});

test('a planned recording is told before anybody enters, and announced as the webinar goes live', async () => {
  const browser = await cast.browser(makeFace(cast.dir, 'host', 'green', 440, { light: true }));
  const [host, guest] = await Promise.all([person(browser, server.url), person(browser, server.url)]);
  const purpose = 'For those who have to work that evening.';
  const before = films().length;
  await pictured('planned', () => [host, guest], async () => {
    await signIn(host, server);
    await host.getByLabel('Planned').check();
    await host.getByLabel('What do you record it for?').fill(purpose);
    await host.getByLabel('Who may see it?').selectOption('invited');
    const days = host.getByLabel('For how many days?');
    await days.fill('90');
    await host.getByLabel('Title').fill('Solar power for tenants');
    await host.getByRole('button', { name: 'Create webinar' }).click();
    await host.getByText('These are too many: at most 30.').waitFor();
    assert.equal(await days.getAttribute('aria-invalid'), 'true');
    await days.fill('7');
    await host.getByText('The notice as everybody reads it').click();
    await host.getByText(`What for: ${purpose}`).waitFor();
    await assertLooks(host, 'planned-form');
    const { id, link } = await createWebinar(host, 'Solar power for tenants');
    await host.locator('summary', { hasText: 'Invitation as text' }).click();
    const invitation = await host.getByRole('textbox', { name: 'Invitation as text' }).inputValue();
    for (const part of [link, purpose, 'The event is to be recorded.', 'At most 7 days']) assert.ok(invitation.includes(part), `${part} is missing in\n${invitation}`);
    await assertLooks(host, 'planned-overview');

    await guest.goto(link);
    await guest.getByText('A recording is planned.').waitFor();
    await guest.getByText(purpose).waitFor();
    await guest.getByText('The whole notice').click();
    await guest.getByText(`What for: ${purpose}`).waitFor();
    await assertLooks(guest, 'planned-arrival');
    await guest.getByRole('button', { name: 'Join with sound' }).click();
    await indicated(guest, 'Recording planned');

    await host.goto(`${server.url}/stage/${id}`);
    await indicated(host, 'Recording planned');
    await host.getByText(purpose).waitFor(); // who will be asked reads it before the devices are on
    await assertLooks(host, 'planned-check');
    await enterStage(host, `${server.url}/stage/${id}`);
    await indicated(host, 'Recording planned');
    await host.getByRole('button', { name: 'Go live' }).click();
    await assertLooks(host, 'planned-live');
    await host.getByRole('button', { name: 'Go live and announce' }).click();
    await guest.getByText('This event is going to be recorded').waitFor();
    await answer(host, 'Don’t record me');
    await host.getByText('Nobody has agreed yet.').waitFor(); // said once the announcement has had its time
    assert.ok(await host.getByRole('button', { name: 'Start recording' }).isDisabled(), 'nobody has agreed, so nothing can start');
    assert.equal(films().length, before, 'nothing is recorded by an announcement');
    await host.goto(`${server.url}/webinars/${id}`); // leaves the stage
    assertQuiet(host, guest);
  });
});
