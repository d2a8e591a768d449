// Every kind of poll by hand: prepared by a host, answered on a phone, shown on a wall.
import assert from 'node:assert/strict';
import { after, before, test as story } from 'node:test';
import { anotherWindow, Cast, person, pictured } from './browser.mjs';
import { complaints, lit } from './looks.mjs';
import { drawn, openPoll, prepareQuiz, prepareTexts } from './kinds.mjs';
import { Organizer } from './organizer.mjs';
import { Server } from './server.mjs';
import { assertQuiet, becomes, join } from './steps.mjs';

let server, cast, host, phone, other, wall, webinar;

before(async () => {
  server = await Server.start();
  cast = new Cast();
  const browser = await cast.browser();
  host = await person(browser, server.url);
  [phone, other] = await Promise.all([person(browser, server.url, { viewport: { width: 390, height: 844 } }), person(browser, server.url, { lang: 'de' })]);
  for (const p of [host, phone, other]) p.setDefaultTimeout(30_000);
  const organizer = await Organizer.of(server, host);
  webinar = await organizer.live('Kinds of questions');
  await host.goto(`${server.url}/webinars/${webinar.id}`);
  await prepareTexts(host, 'Which wishes do you have?', 'text');
  await prepareTexts(host, 'What is teamwork to you?', 'cloud');
  await prepareQuiz(host, 'Which of these is a prime number?', ['51', '57', '59', '91'], [2]);
  wall = await anotherWindow(host, server.url, { viewport: { width: 1920, height: 1080 } });
  wall.setDefaultTimeout(30_000);
  await other.goto(webinar.link);
  await other.getByRole('button', { name: 'Mit Ton teilnehmen' }).click();
  await Promise.all([join(phone, webinar.link, { picture: false }), wall.goto(`${server.url}/present/${webinar.id}`)]);
});

after(async () => {
  await cast?.close();
  const how = await server?.stop();
  assert.deepEqual(how, { code: 0, signal: null }, `the server ends cleanly\n${server.output}`);
});

const test = (name, f) => story(name, () => pictured(name, () => [host, phone, other, wall], f));

/** In light and dark, on this screen: axe finds nothing, nothing is cut off or too wide. */
async function sound(page, what) {
  for (const colorScheme of ['dark', 'light']) {
    await lit(page, colorScheme);
    assert.deepEqual(await complaints(page, { lang: 'en' }), [], `${what}, ${colorScheme}`);
    if (process.env.PLENUM_PICTURES) await page.screenshot({ path: `${process.env.PLENUM_PICTURES}/${what} ${colorScheme}.png` });
  }
}

/** One question on an attendee's page. */
const card = (page, question) => page.getByRole('region', { name: question });

/** The webinar's page, with what was answered to a question unfolded. */
async function answersOf(question) {
  await host.goto(`${server.url}/webinars/${webinar.id}`);
  const item = host.getByRole('listitem').filter({ has: host.getByRole('heading', { name: question }) });
  await item.locator('summary').click();
  return item;
}

test('what people write waits for the host, who shows, hides and erases it', async () => {
  await openPoll(host, webinar.id, 'Which wishes do you have?');
  await phone.getByLabel('Answer 1').fill('=cmd|calc <b>More breaks</b> مرحبا');
  await sound(phone, 'the card of open text');
  await phone.getByLabel('Answer 2').fill('Coffee');
  await phone.getByRole('button', { name: 'Send answer' }).click();
  await phone.getByText('Nothing is shown yet.').waitFor();
  await other.getByLabel('Antwort 1').fill('\u200b\u200b');
  await other.getByRole('button', { name: 'Antwort senden' }).click();
  await other.getByText('Bitte füllen Sie dieses Feld aus.').waitFor();
  await other.getByLabel('Antwort 1').fill('Meine Adresse: Hauptstraße 1');
  await other.getByRole('button', { name: 'Antwort senden' }).click();
  await other.getByText('Noch wird nichts gezeigt.').waitFor();
  await wall.getByText('Answers will appear here.').waitFor();

  const item = await answersOf('Which wishes do you have?');
  await item.getByRole('button', { name: /^Show: .*More breaks/ }).click();
  await phone.getByRole('list', { name: /^Result/ }).getByText('<b>More breaks</b>').waitFor();
  await wall.getByText('<b>More breaks</b>').waitFor();
  await sound(wall, 'own words on the wall');
  assert.equal(await wall.getByText('Hauptstraße').count(), 0, 'what was not shown is not on the wall');
  await item.getByRole('button', { name: /^Remove: Meine Adresse/ }).click();
  const sure = host.getByRole('dialog');
  await sure.getByRole('button', { name: 'Remove' }).click();
  await item.getByText('Hauptstraße').first().waitFor({ state: 'detached' }); // the dialog names it, too
  await sound(host, 'the answers, for the host');
  await item.getByRole('button', { name: /^Hide: .*More breaks/ }).click();
  await wall.getByText('Answers will appear here.').waitFor();
});

test('words of all make a cloud, in which case does not matter; a hidden word stays away', async () => {
  await openPoll(host, webinar.id, 'What is teamwork to you?');
  for (const [page, words, send, word] of [
    [phone, ['trust', 'Fun'], 'Send answer', 'Word'],
    [other, ['Trust', 'pizza', 'FUN'], 'Antwort senden', 'Wort'],
  ]) {
    const form = card(page, 'What is teamwork to you?');
    for (const [i, said] of words.entries()) await form.getByLabel(`${word} ${i + 1}`, { exact: true }).fill(said);
    await form.getByRole('button', { name: send }).click();
  }
  for (const page of [phone, other]) await page.getByRole('row', { name: /trust 2/i }).waitFor();
  await sound(phone, 'a cloud');
  await wall.locator('.cloud li', { hasText: /trust/i }).waitFor();
  await sound(wall, 'a cloud on the wall');
  const item = await answersOf('What is teamwork to you?');
  await item.getByRole('button', { name: 'Hide: pizza' }).click();
  await wall.locator('.cloud li', { hasText: 'pizza' }).waitFor({ state: 'detached' });
  await phone.getByRole('row', { name: /pizza/ }).waitFor({ state: 'detached' });
});

test('a quiz keeps its answer until it closes, and only who asks for it stands on the leaderboard', async () => {
  await openPoll(host, webinar.id, 'Which of these is a prime number?');
  const mine = card(phone, 'Which of these is a prime number?');
  const theirs = card(other, 'Which of these is a prime number?');
  await mine.getByRole('button', { name: 'Send answer' }).click();
  const missing = mine.getByRole('alert');
  await missing.getByText('Please choose an answer first.').waitFor();
  const languages = phone.getByRole('combobox', { name: /Language|Sprache/ });
  await languages.selectOption('de');
  await mine.getByRole('button', { name: 'Antwort senden' }).waitFor();
  await missing.waitFor({ state: 'detached' }); // what was said in the language that is left does not stay
  await languages.selectOption('en');
  await mine.getByRole('radio', { name: '59' }).check();
  await phone.getByLabel('Play for the leaderboard').check();
  await phone.getByLabel('Nickname').fill('Ada');
  await sound(phone, 'the card of a quiz');
  await mine.getByRole('button', { name: 'Send answer' }).click();
  await mine.getByText(/^Stored at/).waitFor();
  await theirs.getByRole('radio', { name: '57' }).check();
  await theirs.getByRole('button', { name: 'Antwort senden' }).click();
  await theirs.getByText(/^Gespeichert/).waitFor();
  assert.equal(await mine.getByText(/%|Correct/).count(), 0, 'nothing is told while it runs');
  assert.equal(await wall.getByText('%').count(), 0, 'nor on the wall');
  await wall.getByRole('timer').waitFor();
  await sound(wall, 'a quiz on the wall');
  await host.evaluate(async ([id, q]) => {
    const list = await (await fetch(`/api/webinars/${id}/polls`)).json();
    await fetch(`/api/webinars/${id}/polls/${list.find((p) => p.question === q).id}/close`, { method: 'POST' });
  }, [webinar.id, 'Which of these is a prime number?']);
  await phone.getByText('Right, well done!').waitFor();
  await phone.getByText('You are number 1 of 1, with 1 of 1 right.').waitFor();
  await other.getByText('Diesmal nicht.').waitFor();
  await other.getByRole('region', { name: 'Bestenliste' }).getByText('Ada').waitFor();
  await wall.getByText('Ada').waitFor();
  await sound(wall, 'the result of a quiz on the wall');
  const above = async () => {
    const [last, foot] = await Promise.all([wall.getByRole('listitem').filter({ hasText: '91' }), wall.locator('footer')].map((l) => l.boundingBox()));
    return last.y + last.height <= foot.y;
  };
  await becomes(above, true, 'the last answer ends above the way to take part');
  await sound(phone, 'the result of a quiz');
  await phone.getByRole('button', { name: 'Take me off the leaderboard' }).click();
  await phone.getByRole('region', { name: 'Leaderboard' }).waitFor({ state: 'detached' });
});

test('an option can be a picture, which says in words what it shows', async () => {
  await host.goto(`${server.url}/webinars/${webinar.id}`);
  await host.getByRole('button', { name: 'New poll' }).click();
  await host.getByLabel('Question').fill('Which logo?');
  for (const [i, text] of ['Round', 'Square'].entries()) {
    await host.getByLabel(`Answer ${i + 1}`, { exact: true }).fill(text);
    await host.getByLabel(`Add picture: Answer ${i + 1}`).setInputFiles({ name: 'holiday.png', mimeType: 'image/png', buffer: await drawn(host, i) });
    await host.getByLabel('What the picture shows').nth(i).waitFor();
  }
  await host.getByRole('button', { name: 'Save' }).click();
  await host.getByText('Please say in words what the picture shows.').first().waitFor();
  await host.getByLabel('What the picture shows').nth(0).fill('A blue circle');
  await host.getByLabel('What the picture shows').nth(1).fill('A red square');
  await sound(host, 'the editor with pictures');
  await host.getByRole('button', { name: 'Save' }).click();
  await host.getByRole('heading', { name: 'Which logo?' }).waitFor();
  await openPoll(host, webinar.id, 'Which logo?');
  const picture = phone.getByRole('img', { name: 'A blue circle' });
  await picture.waitFor();
  await phone.waitForFunction(() => [...document.querySelectorAll('.opt img')].every((img) => img.complete && img.naturalWidth > 0));
  await sound(phone, 'a card with pictures');
  const before = phone.viewportSize();
  for (const width of [390, 1280]) {
    await phone.setViewportSize({ width, height: 800 });
    const [round, square] = await Promise.all(['Round', 'Square'].map((text) => phone.locator('.opt', { hasText: text }).boundingBox()));
    assert.equal(round.y, square.y, `pictures stand side by side at ${width} px`);
  }
  await phone.setViewportSize(before);
  const mine = card(phone, 'Which logo?');
  await mine.getByRole('radio', { name: /Square/ }).check();
  await mine.getByRole('button', { name: 'Send answer' }).click();
  await mine.getByText(/^Stored at/).waitFor();
  await wall.getByRole('img', { name: 'A red square' }).waitFor();
  await sound(wall, 'pictures on the wall');
  const stranger = await fetch(server.url + (await wall.getByRole('img', { name: 'A red square' }).getAttribute('src')));
  assert.equal(stranger.status, 401, 'a picture is for those who are in the webinar');
});

test('nothing came from elsewhere and no page complained', () => assertQuiet(host, phone, other));
