// The life of a poll in front of people: prepared in a file, opened with one key, timed, undone, hidden, asked again, and a
// survey that outlives the webinar.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { anotherWindow, Cast, makeFace, person, pictured } from './browser.mjs';
import { assertLooks, desk, handheld } from './looks.mjs';
import { Organizer } from './organizer.mjs';
import { Server } from './server.mjs';
import { assertQuiet, enterStage, goLive, join, vote } from './steps.mjs';

const wall = { width: 1920, height: 1080, theme: 'light', lang: 'en' };

const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
const sheet = `# Evening programme

## Which city comes next?

open for: 2 min

- Cologne
- Bonn

## Who takes the minutes?

open for: 12 s
results: hidden

- Ada
- Bo \\*the quick\\*

## How was it?

survey until: ${tomorrow}

- Good
- =1+1
`;

/** Votes the moment that the option can be chosen, from inside of the page: quicker than any hand from outside. */
async function votesAtOnce(page, option) {
  const chosen = (text) => new Promise((done) => {
    const look = () => {
      const choice = [...document.querySelectorAll('.poll label')].find((l) => l.textContent.trim() === text);
      if (!choice || choice.control.disabled) return;
      watch.disconnect();
      choice.click();
      setTimeout(() => done(choice.closest('form').querySelector('button.primary').click()));
    };
    const watch = new MutationObserver(look);
    watch.observe(document.body, { childList: true, subtree: true, attributes: true });
    look();
  });
  const [stored] = await Promise.all([page.waitForResponse((r) => r.url().endsWith('/votes')), page.evaluate(chosen, option)]);
  assert.equal(stored.status(), 201);
}

let server, cast;

before(async () => {
  server = await Server.start();
  cast = new Cast();
});
after(async () => {
  await cast?.close();
  await server?.stop();
});

test('a run-sheet is imported, run with one key, timed, undone, hidden, repeated and outlived by a survey', async () => {
  const browser = await cast.browser(makeFace(cast.dir, 'host', 'green', 440, { light: true }));
  const audience = await cast.browser();
  const host = await person(browser, server.url);
  const [guest, other] = await Promise.all([person(audience, server.url), person(audience, server.url)]);
  const organizer = await Organizer.of(server, host);
  const { id, link } = await organizer.webinar('City evening');
  const projector = await anotherWindow(host, server.url);
  for (const p of [host, guest, other, projector]) p.setDefaultTimeout(30_000);
  /** The last act has been answered; until then the page takes no other. */
  const ready = () => host.getByRole('button', { name: /^Open poll/, disabled: false }).waitFor();
  const next = async () => {
    await ready();
    await host.keyboard.press('n');
  };
  const polls = () => organizer.ask('GET', `/api/webinars/${id}/polls`);

  await pictured('polls', () => [host, guest, other, projector], async () => {
    // A broken line is named, and nothing comes of the rest.
    await host.goto(`${server.url}/webinars/${id}`);
    await host.getByText('Import, export, copy').click();
    const text = host.getByLabel('Run-sheet', { exact: true });
    await text.fill(`${sheet}\ncolour: red\n`);
    await host.getByRole('button', { name: 'Import', exact: true }).click();
    const line = sheet.split('\n').length + 1;
    await host.getByText(`Line ${line} (colour): There is no setting of this name. Nothing was imported.`).waitFor();
    assert.equal((await polls()).length, 0);
    // What is pasted tells by itself whether it is a table.
    await text.fill('kind;question;option 1;option 2\nsingle;Where?;Here;There\nnone;When?;Now;Later\n');
    assert.ok(await host.getByRole('radio', { name: 'CSV', exact: true }).isChecked());
    await host.getByRole('button', { name: 'Import', exact: true }).click();
    await host.getByText(/^Line 3 .*Nothing was imported\.$/).waitFor();
    assert.equal((await polls()).length, 0);
    await text.fill(sheet);
    assert.ok(await host.getByRole('radio', { name: 'Markdown' }).isChecked());
    await host.getByRole('button', { name: 'Import', exact: true }).click();
    await host.getByRole('heading', { name: 'Which city comes next?' }).waitFor();
    const written = await host.evaluate(async (w) => (await fetch(`/api/webinars/${w}/polls.md`)).text(), id);
    assert.match(written, /## Who takes the minutes\?\n\nkind: single\n[^]*open for: 12 s\nresults: hidden\n\n- Ada\n- Bo \\\*the quick\\\*\n/);
    const table = await host.evaluate(async (w) => (await fetch(`/api/webinars/${w}/polls.csv`)).text(), id);
    assert.match(table, /'=1\+1/, 'a formula is only a text');

    // Tried as an attendee, which votes nowhere.
    await host.getByRole('button', { name: 'Try: Which city comes next?' }).click();
    const trial = host.getByRole('dialog', { name: 'Try as an attendee' });
    await trial.getByRole('button', { name: 'Send answer' }).click();
    await trial.getByText('Please choose an answer first.').waitFor();
    await trial.getByRole('radio', { name: 'Bonn' }).check();
    await trial.getByRole('button', { name: 'Send answer' }).click();
    await trial.getByText('It was only a trial').waitFor();
    await assertLooks(host, 'try', [handheld, desk], { focus: false }); // in a dialog Tab begins where the focus is
    await trial.getByRole('button', { name: 'Close' }).click();
    assert.ok((await polls()).every((p) => p.state === 'draft' && !p.kept && !p.tally), 'a trial counts nowhere');

    // Reordered with the keyboard; the focus stays with the poll.
    await host.getByText('Order', { exact: true }).click();
    await host.getByRole('button', { name: 'Move up: Who takes the minutes?' }).focus();
    await host.keyboard.press('Enter');
    await host.getByText('“Who takes the minutes?” is now number 1 of 3.').waitFor({ state: 'attached' });
    await host.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Move down: Who takes the minutes?');
    assert.deepEqual((await polls()).map((p) => p.question), ['Who takes the minutes?', 'Which city comes next?', 'How was it?']);
    await host.keyboard.press('Enter');
    await host.getByText('“Who takes the minutes?” is now number 2 of 3.').waitFor({ state: 'attached' });
    await assertLooks(host, 'prepared');

    await enterStage(host, `${server.url}/stage/${id}`);
    await goLive(host);
    await projector.goto(`${server.url}/present/${id}`);
    for (const p of [guest, other]) await join(p, link, { picture: false });

    // One key opens the next; undone within five seconds, with the vote that was cast.
    await host.getByRole('heading', { name: 'Polls' }).click();
    const voted = votesAtOnce(guest, 'Cologne');
    await next();
    await voted;
    await host.getByRole('button', { name: 'Undo opening' }).click({ timeout: 5000 });
    await guest.getByRole('heading', { name: 'Which city comes next?' }).waitFor({ state: 'hidden' });
    await host.getByText('1 vote is kept from before you undid the opening.').first().waitFor();
    await next();
    await guest.getByText('Stored').first().waitFor();
    await guest.getByRole('tab', { name: 'Polls', exact: true }).waitFor(); // and no number beside it: nothing waits for an answer
    await host.getByText('1 of 3 answered').waitFor();

    // The same clock on three pages, and more time for all of them.
    for (const p of [host, guest, projector]) await p.getByRole('timer').waitFor();
    await host.getByRole('button', { name: '+30 s' }).click();
    for (const p of [host, other, projector]) {
      await p.waitForFunction(() => {
        const [m, s] = (document.querySelector('[role=timer]')?.textContent ?? '0:00').split(':').map(Number);
        return m * 60 + s > 120;
      });
    }
    await assertLooks(host, 'running');
    await assertLooks(other, 'timed');
    await assertLooks(projector, 'wall', [wall]);

    // Hidden and shown, while it runs.
    await host.getByRole('button', { name: 'Hide result', exact: true }).click();
    await guest.getByText('The result will be shown later.').waitFor();
    await projector.getByText('Please vote now').waitFor();
    await assertLooks(projector, 'wall-hidden', [wall]);
    await host.getByRole('button', { name: 'Show result to everybody' }).click();
    await other.getByRole('table', { name: 'Result: Which city comes next?' }).waitFor({ state: 'attached' });
    await host.getByRole('button', { name: 'Close poll: Which city comes next?' }).click();

    // It closes by itself, and its result is out when the host says so.
    await host.getByRole('heading', { name: 'Polls' }).click();
    const inTime = votesAtOnce(other, 'Ada'); // twelve seconds are short on a busy machine
    await next();
    await inTime;
    await other.getByText('Closed', { exact: true }).first().waitFor();
    await other.getByText('The result will be shown later.').waitFor();
    await host.locator('summary', { hasText: /closed/i }).click();
    await host.getByRole('button', { name: 'Publish result: Who takes the minutes?' }).click();
    await other.getByRole('table', { name: 'Result: Who takes the minutes?' }).first().waitFor({ state: 'attached' });
    await assertLooks(host, 'closed');

    // A second round has a box of its own; the first result stays.
    await host.getByRole('button', { name: 'Ask again: Which city comes next?' }).click();
    await other.getByText('Round 2').first().waitFor();
    // What is sent while the line is down arrives by itself once it is back, and once only.
    await other.getByRole('radio', { name: 'Bonn' }).check();
    await other.context().setOffline(true);
    await other.getByRole('button', { name: 'Send answer' }).click();
    await other.getByText('It is sent again as soon as the connection is back').waitFor();
    await other.context().setOffline(false);
    await other.getByText('Your vote is counted.').waitFor();
    await host.getByRole('button', { name: 'Close poll: Which city comes next?' }).click();
    await ready();
    const rounds = (await polls()).filter((p) => p.question === 'Which city comes next?');
    assert.deepEqual(rounds.map((p) => [p.round, p.tally.total, ...p.tally.votes]), [[1, 1, 1, 0], [2, 1, 0, 1]]);

    // Asked again, and closed, on the webinar's page; the focus is not lost with the button.
    const again = await anotherWindow(host, server.url);
    await again.goto(`${server.url}/webinars/${id}`);
    await again.getByRole('button', { name: 'Ask again: Which city comes next?' }).click();
    await again.getByRole('dialog').getByRole('button', { name: 'Ask again' }).click();
    await other.getByText('Round 3').first().waitFor();
    await vote(other, 'Bonn');
    await again.getByRole('heading', { name: 'Polls' }).and(again.locator(':focus')).waitFor();
    await again.getByRole('button', { name: 'Close poll: Which city comes next?' }).click();
    await again.getByRole('button', { name: 'Ask again: Which city comes next?' }).waitFor();

    // What everybody sees of it is taken back from there and given again; the focus stays on the button.
    const third = again.getByRole('listitem').filter({ hasText: 'Round 3' });
    const result = other.getByRole('table', { name: 'Result: Which city comes next?' });
    await result.waitFor({ state: 'attached' });
    await third.getByRole('button', { name: /^Hide result/ }).focus();
    await again.keyboard.press('Enter');
    const publish = third.getByRole('button', { name: /^Publish result/ });
    await publish.and(again.locator(':focus')).waitFor();
    await result.waitFor({ state: 'detached' });
    await other.getByText('The result will be shown later.').waitFor();
    const seen = await other.evaluate(async (w) => (await fetch(`/api/webinars/${w}/polls`)).json(), id);
    assert.deepEqual(seen.filter((p) => p.round === 3).map((p) => p.tally), [undefined], 'the server tells nobody, and not the page alone');
    await again.reload();
    await publish.waitFor();
    await assertLooks(again, 'result-hidden');
    await publish.click();
    await third.getByRole('button', { name: /^Hide result/ }).waitFor();
    await result.waitFor({ state: 'attached' });
    assertQuiet(again);
    await again.close();

    // A survey goes on after the end.
    await next();
    await other.getByRole('heading', { name: 'How was it?' }).waitFor();
    await host.evaluate(async (w) => fetch(`/api/webinars/${w}/end`, { method: 'POST' }), id);
    await other.getByRole('heading', { name: 'One more question' }).waitFor();
    await other.getByText(/^Open until /).waitFor(); // and no seconds of a day tick away
    await vote(other, 'Good');
    await assertLooks(other, 'survey');
    await guest.reload();
    await guest.getByRole('heading', { name: 'How was it?' }).waitFor();
    // Whoever opens the link only now answers too, from the room's link and from that of the phone.
    const [late, phone] = await Promise.all([person(audience, server.url), person(audience, server.url)]);
    await late.goto(link);
    await late.getByRole('heading', { name: '“City evening” has ended.' }).waitFor();
    await late.getByRole('button', { name: 'Answer the survey' }).waitFor();
    await assertLooks(late, 'survey, late');
    await late.getByRole('button', { name: 'Answer the survey' }).click();
    await late.waitForFunction(() => document.activeElement?.textContent === 'One more question');
    await vote(late, 'Good');
    await phone.goto(`${server.url}/vote/${id}`);
    await vote(phone, '=1+1');
    const [survey] = (await polls()).filter((p) => p.question === 'How was it?');
    assert.deepEqual([survey.state, survey.tally.total], ['open', 3]);

    // The host finds the link and the count, and closes it.
    await host.goto(`${server.url}/webinars/${id}`);
    await host.getByRole('heading', { name: 'A survey is open' }).waitFor();
    await host.getByText('3 answers', { exact: true }).waitFor();
    await assertLooks(host, 'survey, host');
    await host.getByRole('button', { name: 'Close poll: How was it?' }).click();
    await host.getByRole('button', { name: 'Hide result: How was it?' }).waitFor();
    assert.equal(await host.getByRole('button', { name: /^Ask again/ }).count(), 0, 'after the end nobody is asked again');
    const last = await person(audience, server.url);
    await last.goto(link);
    await last.getByText('There is no recording of this webinar.').waitFor();
    assert.equal(await last.getByRole('button', { name: 'Answer the survey' }).count(), 0);

    // The next evening begins with the same questions, once each, however often they were asked.
    const following = await organizer.webinar('Next evening');
    await host.goto(`${server.url}/webinars/${following.id}`);
    await host.locator('summary', { hasText: 'Import, export, copy' }).click();
    const copying = host.locator('form', { has: host.getByRole('combobox', { name: 'Copy the polls of another webinar' }) });
    await copying.getByRole('combobox').selectOption('City evening');
    await copying.getByRole('button', { name: 'Copy' }).click();
    await host.getByRole('heading', { name: 'How was it?' }).waitFor();
    await assertLooks(host, 'copied');
    const copies = await organizer.ask('GET', `/api/webinars/${following.id}/polls`);
    assert.deepEqual(copies.map((p) => [p.question, p.state, p.round]), ['Which city comes next?', 'Who takes the minutes?', 'How was it?'].map((q) => [q, 'draft', 1]));
    assertQuiet(host, guest, other, late, phone, last);
  });
});
