// A meeting of an association: a list is read, members check in with their own links, and everybody sees the quorum.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { afterEach, beforeEach, test } from 'node:test';
import { Cast, person, pictured } from './browser.mjs';
import { assertLooks, desk, handheld } from './looks.mjs';
import { Organizer } from './organizer.mjs';
import { Server } from './server.mjs';
import { assertQuiet, becomes } from './steps.mjs';

const looks = [handheld, { width: 390, height: 844, theme: 'light', lang: 'en' }, { ...desk, theme: 'dark' }, desk];

let server, cast;

beforeEach(async () => {
  server = await Server.start();
  cast = new Cast();
});
afterEach(async () => {
  await cast?.close();
  await server?.stop();
});

async function sound(page, name) {
  await page.bringToFront(); // Tab goes through the page that is seen
  await assertLooks(page, name, looks);
}

/** The text of a PDF; undefined where nothing here can read one. */
const readPDF = (path) =>
  new Promise((resolve, reject) => {
    execFile('pdftotext', ['-layout', path, '-'], (error, out) => (error ? (error.code === 'ENOENT' ? resolve(undefined) : reject(error)) : resolve(out.replace(/\s+/g, ' '))));
  });

test('members check in and there is a quorum', async () => {
  const browser = await cast.browser();
  const host = await person(browser, server.url);
  const anna = await person(browser, server.url, { viewport: { width: 390, height: 844 } });
  await pictured('members', () => [host, anna], async () => {
    const { id } = await (await Organizer.of(server, host)).webinar('Mitgliederversammlung 2026');
    await host.goto(`${server.url}/webinars/${id}`);
    await host.getByRole('link', { name: 'Members' }).click();
    const list = (text) => ({ name: 'members.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
    const file = host.getByLabel('CSV file');
    await file.setInputFiles(list('number,name,proxy\n1,Anna Ångström,\n2,Bert Muster,7\n'));
    await host.getByText('Line 3 of the list, the proxy is a number that nobody has. Nothing was taken over.').waitFor();

    const answered = host.waitForResponse((r) => r.url().endsWith('/assembly/members') && r.status() === 201);
    await file.setInputFiles(list('\uFEFFNummer;Name;Stimmen;Vertretung\r\n1;Anna Ångström;2;\r\n2;Bert Muster;1;1\r\n3;"=HYPERLINK(""x"")";3;\r\n4;Dora Beispiel;1;\r\n'));
    const [{ link }] = await (await answered).json();
    await host.getByText('4 members are on the list.').waitFor();
    const saved = host.waitForEvent('download');
    await host.getByRole('button', { name: 'Save links as CSV' }).click();
    const stream = await (await saved).createReadStream();
    let text = '';
    for await (const part of stream) text += part;
    assert.ok(text.includes(`1,Anna Ångström,${link}`) && text.includes(`3,"'=HYPERLINK(""x"")",`), text);

    await host.getByLabel('Quorum in per cent').fill('50');
    await host.getByRole('button', { name: 'Save rules' }).click();
    await host.getByText('The rules are saved.').waitFor();
    await host.getByRole('heading', { name: 'No quorum yet' }).waitFor();
    await sound(host, 'members');

    await anna.goto(link);
    const enter = anna.getByRole('button', { name: /^(Join|Continue|Enter|Wait)/ }).first();
    await enter.click();
    await anna.getByText('You are on the list of members as Anna Ångström.').waitFor();
    await anna.getByText('Your votes: 2').waitFor();
    await anna.getByText('No quorum yet: 0 % are here or represented, 50 % are needed.').waitFor();
    await anna.getByRole('button', { name: 'I am here' }).click();
    await anna.getByText('You also represent: Bert Muster').waitFor();
    await host.getByText('3 of 7 votes are here or represented. 50 % are needed.').waitFor();

    // At the door: Dora has no phone.
    await host.getByLabel('Find by name or number').fill('dora');
    await host.getByRole('checkbox', { name: 'Is here' }).check();
    await host.getByRole('heading', { name: 'There is a quorum' }).waitFor();
    await anna.getByText('There is a quorum: 57 % are here or represented.').waitFor();
    await host.getByLabel('Find by name or number').fill('');
    await sound(host, 'quorum');
    await sound(anna, 'member');

    // Dora votes on paper, and there is a motion.
    await host.getByLabel('Find by name or number').fill('dora');
    await host.getByRole('checkbox', { name: 'Votes on paper' }).check();
    await host.getByLabel('Find by name or number').fill('anna');
    await host.getByRole('checkbox', { name: 'Counts paper votes' }).check();
    await host.getByLabel('Find by name or number').fill('');
    await host.getByRole('button', { name: 'New motion' }).click();
    await host.getByLabel('Question').fill('Shall the fee be 30 €?');
    await sound(host, 'motion-draft');
    await host.getByRole('button', { name: 'Save', exact: true }).click();
    await host.getByRole('button', { name: /^Open the vote/ }).click();
    await host.getByRole('button', { name: 'Open all the same' }).click();

    // Anna votes for herself, then for Bert, and nobody counts twice.
    await anna.getByText('counts 2').waitFor();
    await sound(anna, 'motion');
    const cast = async (option) => {
      await anna.getByRole('radio', { name: option, exact: true }).check();
      const sent = anna.waitForResponse((r) => r.url().endsWith('/votes') && r.request().method() === 'POST');
      await anna.locator('.poll form button.primary').click();
      return (await sent).request().postDataJSON();
    };
    const own = await cast('For');
    await anna.locator('legend', { hasText: 'Your vote for Bert Muster' }).waitFor();
    await cast('Against');
    await anna.getByText('Voted for Bert Muster').waitFor();
    const again = await anna.evaluate(async ([w, body]) => {
      const [poll] = await (await fetch(`/api/webinars/${w}/polls`)).json();
      const res = await fetch(`/api/webinars/${w}/polls/${poll.id}/votes`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
      return (await res.json()).code;
    }, [id, { ...own, receipt: '0'.repeat(64) }]);
    assert.equal(again, 'already-voted');

    // Nobody has counted the paper yet: it does not close without a question.
    await host.getByRole('button', { name: /^Close the vote/ }).click();
    await host.getByText('1 member votes on paper, and nobody has counted yet.').waitFor();
    await sound(host, 'paper-uncounted');
    await host.getByRole('button', { name: 'Cancel' }).click();

    // Two people count the paper: first they differ, then they agree.
    await host.getByLabel('For', { exact: true }).fill('1');
    await host.getByRole('button', { name: 'Keep my count' }).click();
    await host.getByText('Your count is kept.').waitFor();
    await anna.getByText('Somebody has counted already.').waitFor();
    await anna.getByLabel('Against', { exact: true }).fill('1');
    await anna.getByRole('button', { name: 'Keep my count' }).click();
    await anna.getByText('The two counts differ.').waitFor();
    await host.getByText('The two counts differ.').waitFor();
    await sound(host, 'paper');
    await anna.getByLabel('Against', { exact: true }).fill('0');
    await anna.getByLabel('For', { exact: true }).fill('1');
    await anna.getByRole('button', { name: 'Keep my new count' }).click();
    await anna.getByText('Counted alike by two people').waitFor();
    await host.getByText('Counted alike by two people, and in the result.').waitFor();
    await host.getByRole('button', { name: /^Close/ }).click();
    await host.getByText('Carried', { exact: true }).waitFor();
    await anna.getByText('Carried', { exact: true }).waitFor();
    await sound(host, 'motion-closed');
    await sound(anna, 'motion-result');

    const minutes = host.waitForEvent('download');
    await host.getByRole('link', { name: /^PDF/ }).click();
    const said = await readPDF(await (await minutes).path());
    if (said !== undefined) for (const line of ['Shall the fee be 30 €?', 'carried', 'represented by Anna', 'There was a quorum.', 'counted alike by two people']) assert.ok(said.includes(line), `${line}: ${said}`);

    await anna.reload();
    await anna.getByRole('button', { name: 'I have to leave' }).click();
    await host.getByRole('heading', { name: 'No quorum yet' }).waitFor();
    assertQuiet(host, anna);
  });
});

test('members vote in secret, and who comes too late is told', async () => {
  const browser = await cast.browser();
  const host = await person(browser, server.url);
  const anna = await person(browser, server.url, { viewport: { width: 390, height: 844 } });
  const emil = await person(browser, server.url, { viewport: { width: 390, height: 844 } });
  const wall = await person(browser, server.url, { viewport: { width: 1920, height: 1080 } });
  const projected = ['light', 'dark'].map((theme) => ({ width: 1920, height: 1080, theme, lang: 'en' }));
  await pictured('secret-motion', () => [host, anna, emil, wall], async () => {
    const { id } = await (await Organizer.of(server, host)).webinar('Wahl des Vorstands');
    await host.goto(`${server.url}/webinars/${id}`);
    await host.getByRole('link', { name: 'Members' }).click();
    const answered = host.waitForResponse((r) => r.url().endsWith('/assembly/members') && r.status() === 201);
    await host.getByLabel('CSV file').setInputFiles({ name: 'members.csv', mimeType: 'text/csv', buffer: Buffer.from('number,name,proxy\n1,Anna Ångström,\n2,Bert Muster,1\n3,Carl Beispiel,\n4,Emil Spät,\n5,Dora Muster,\n') });
    const people = await (await answered).json();
    const come = async (page, i) => {
      await page.goto(people[i].link);
      await page.getByRole('button', { name: /^(Join|Continue|Enter|Wait)/ }).first().click();
      await page.getByText('You are on the list of members').waitFor();
    };
    await come(anna, 0);
    await come(emil, 3);
    await anna.getByRole('button', { name: 'I am here' }).click();
    await anna.getByText('You also represent: Bert Muster').waitFor();
    const find = (name) => host.getByLabel('Find by name or number').fill(name);
    await find('carl');
    await host.getByRole('checkbox', { name: 'Is here' }).check();
    await host.getByRole('checkbox', { name: 'Votes on paper' }).check();
    await find('anna');
    await host.getByRole('checkbox', { name: 'Counts paper votes' }).check();
    await find('');

    const question = 'Shall Dora be treasurer?';
    const open = async (question, secrecy) => {
      await host.getByRole('button', { name: 'New motion' }).click();
      await host.getByLabel('Question').fill(question);
      await host.getByRole('radio', { name: secrecy }).check();
      if (secrecy.test('Secret')) await sound(host, 'secret-draft');
      await host.getByRole('button', { name: 'Save', exact: true }).click();
      await host.getByRole('button', { name: `Open the vote: ${question}` }).click();
    };
    await open(question, /^Secret/);
    await host.getByText('Only one person votes on a device').waitFor(); // for two, but everybody would know what
    await sound(host, 'secret-alone');
    await find('dora');
    await host.getByRole('checkbox', { name: 'Is here' }).check();
    await find('');
    await host.getByRole('button', { name: `Open the vote: ${question}` }).click();
    await host.getByText('Fewer than five people vote on a device').waitFor();
    await sound(host, 'secret-few');
    await host.getByRole('button', { name: 'Open all the same' }).click();

    // Anna has two ballot papers, and casts both without saying who she is.
    await anna.getByText('Who got a ballot paper is known until the vote closes').waitFor();
    await sound(anna, 'secret-motion');
    const ballots = [];
    anna.on('request', (r) => r.url().endsWith('/ballots') && ballots.push(r.allHeaders()));
    for (const [option, said] of [['For', 'You have voted'], ['Against', 'Voted for Bert Muster']]) {
      await anna.getByRole('radio', { name: option, exact: true }).check();
      await anna.locator('.poll form button.primary').click();
      await anna.getByText(said).first().waitFor();
    }
    assert.equal(ballots.length, 2);
    for (const headers of await Promise.all(ballots)) assert.ok(!headers.cookie && !headers.authorization, JSON.stringify(headers));
    await anna.reload();
    await anna.getByText('Voted for Bert Muster').waitFor(); // this browser knows; no server does
    await host.getByText('Sealed until the vote closes. 2 ballots are in the box.').waitFor();
    await wall.context().addCookies(await host.context().cookies());
    await wall.goto(`${server.url}/present/${id}`);
    await wall.getByRole('heading', { name: question }).waitFor();
    await wall.getByText('Please vote now').waitFor();
    assert.equal(await wall.locator('.outcome, .track, table').count(), 0, 'the wall tells how it stands');
    await assertLooks(wall, 'secret-wall-open', projected);

    // Emil comes too late for it: he is told, and so is the host at the door.
    await emil.getByRole('button', { name: 'I am here' }).click();
    await emil.getByText('This secret vote had opened before you checked in.').waitFor();
    await host.getByText('“Shall Dora be treasurer?”: this secret vote had opened before this member checked in.').waitFor();
    await sound(emil, 'secret-late');
    await sound(host, 'secret-open');
    const count = async (option, nth) => {
      for (const page of [host, anna]) {
        await page.getByRole('spinbutton', { name: option, exact: true }).fill('1');
        await page.getByRole('button', { name: 'Keep my count' }).click();
      }
      await host.getByText('Counted alike by two people, and in the result.').nth(nth).waitFor();
    };
    await count('For', 0);
    await host.getByRole('button', { name: /^Close/ }).click();
    for (const page of [host, anna, emil, wall]) await page.getByText('Carried', { exact: true }).waitFor();
    await assertLooks(wall, 'secret-wall-closed', projected);
    await host.getByText('The vote was secret.').waitFor();

    // The box is open to all: Anna finds both of her ballots, and the box says nothing of her.
    await anna.getByRole('button', { name: 'Look for the receipts in the box' }).click();
    await anna.getByText('Your ballot is in the box: one of 2.').waitFor();
    await anna.getByText('The ballot in the name of Bert Muster is in the box: one of 2.').waitFor();
    await anna.getByText('All receipts in the box').click();
    await becomes(() => anna.getByRole('listitem').filter({ hasText: 'yours' }).count(), 2);
    assert.equal(await emil.getByRole('button', { name: /^Look for the receipt/ }).count(), 0);
    await sound(anna, 'secret-result');

    // Emil votes on paper from now on, and comes when the papers of the next vote are counted.
    await find('emil');
    await host.getByRole('checkbox', { name: 'Votes on paper' }).check();
    await emil.getByRole('button', { name: 'I have to leave' }).click();
    await find('');
    await open('Shall we meet in May?', /^With names/);
    await anna.getByText('Somebody has counted already.').or(anna.getByText('Nobody has counted yet.')).waitFor();
    await count('Against', 1);
    await emil.getByRole('button', { name: 'I am here' }).click();
    await emil.getByText('the papers of this vote were counted before you came').waitFor();
    await host.getByText('“Shall we meet in May?”: the papers were counted before this member came.').waitFor();
    await sound(emil, 'paper-missed');
    await sound(host, 'paper-missed-host');

    const minutes = host.waitForEvent('download');
    await host.getByRole('link', { name: /^PDF/ }).click();
    const said = await readPDF(await (await minutes).path());
    if (said !== undefined) for (const line of ['Shall Dora be treasurer?', 'carried', 'Secret vote: each ballot came without a name', 'What stood on them is not listed apart']) assert.ok(said.includes(line), `${line}: ${said}`);
    assertQuiet(host, anna, emil, wall);
  });
});
