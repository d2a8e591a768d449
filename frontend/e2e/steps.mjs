// What people do, in the words that they read.
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';

export const account = { email: 'ada@example.org', name: 'Ada Host', password: 'four words nobody guesses' };

export async function makeAccount(page, server) {
  await page.goto(server.setupLink);
  await page.getByLabel('Your name').fill(account.name);
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByLabel('Password').fill(account.password);
  await page.getByRole('button', { name: 'Make account' }).click();
  await page.getByRole('heading', { name: 'My webinars' }).waitFor();
}

export async function signIn(page, server) {
  await page.goto(`${server.url}/login`);
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByLabel('Password').fill(account.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'My webinars' }).waitFor();
}

/** Creates a webinar for now; answers its id and the attendee link. */
export async function createWebinar(page, title) {
  await page.getByLabel('Title').fill(title);
  await page.getByRole('button', { name: 'Create webinar' }).click();
  const link = page.getByRole('textbox', { name: 'Attendee link' });
  await link.waitFor();
  const id = new URL(page.url()).pathname.split('/').pop();
  return { id, link: await link.inputValue() };
}

export async function inviteSpeaker(page, name) {
  await page.getByLabel('Name as it is shown').fill(name);
  await page.getByRole('button', { name: 'Create link' }).click();
  const link = page.getByRole('textbox', { name: `Personal link for ${name}` });
  await link.waitFor();
  return link.inputValue();
}

/** Most is for questions with several answers. */
export async function preparePoll(page, question, options, { most } = {}) {
  await page.getByRole('button', { name: 'New poll' }).click();
  await page.getByLabel('Question').fill(question);
  await page.getByLabel('Answer 1', { exact: true }).waitFor();
  for (const [i, text] of options.entries()) {
    const field = page.getByLabel(`Answer ${i + 1}`, { exact: true });
    if (!(await field.isVisible())) await page.getByRole('button', { name: 'Add answer' }).click();
    await field.fill(text);
  }
  if (most) {
    await page.getByLabel('Several answers').check();
    await page.getByLabel('At most').fill(String(most));
  }
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: question }).waitFor();
}

/** Through the device check onto the stage. */
export async function enterStage(page, url) {
  await page.goto(url);
  await page.getByRole('button', { name: 'Turn on camera and microphone' }).click();
  await page.getByRole('button', { name: /^Go (backstage|on stage)$/ }).click();
  await page.getByRole('button', { name: 'Mute', exact: true }).waitFor();
}

export async function goLive(page) {
  await page.getByRole('button', { name: 'Go live' }).click();
  await page.getByText('Live', { exact: true }).first().waitFor();
}

/** One click at the door; answers the milliseconds from it to the first moving picture. */
export async function join(page, link, { picture = true } = {}) {
  await page.goto(link);
  await page.getByRole('button', { name: 'Join with sound' }).click();
  if (!picture) return undefined;
  return firstFrame(page);
}

export async function firstFrame(page) {
  const marks = await page.waitForFunction(() => {
    const [from] = performance.getEntriesByName('plenum:join');
    const [to] = performance.getEntriesByName('plenum:first-frame');
    return to && { ms: to.startTime - (from?.startTime ?? 0) };
  });
  return (await marks.jsonValue()).ms;
}

/** How many pictures of moving video the page has shown so far, by video element in the order of the page. */
export function frames(page) {
  // Firefox counts the pictures of a live stream under a name of its own.
  return page.evaluate(() => [...document.querySelectorAll('video')].map((v) => v.mozPaintedFrames ?? v.getVideoPlaybackQuality().totalVideoFrames));
}

/** Waits until the page has shown n more pictures, whichever video elements come and go meanwhile. */
export async function moves(page, n = 10) {
  let shown = 0;
  let last = await frames(page);
  for (const end = Date.now() + 30_000; shown < n; ) {
    if (Date.now() > end) throw new Error(`only ${shown} of ${n} pictures moved within 30 s`);
    await page.waitForTimeout(100);
    const now = await frames(page);
    shown += now.reduce((sum, count, i) => sum + Math.max(0, now.length === last.length && count >= last[i] ? count - last[i] : 0), 0);
    last = now;
  }
}

export async function announce(page, { strict = true } = {}) {
  await page.getByRole('button', { name: 'Record', exact: true }).click();
  if (!strict) await page.getByLabel(/Record only those who agree/).check();
  await page.getByRole('button', { name: 'Announce to everybody' }).click();
}

export async function answer(page, name) {
  const dialog = page.getByRole('dialog', { name: 'May we record you?' });
  await dialog.getByRole('button', { name, exact: true }).click();
  await dialog.waitFor({ state: 'hidden' });
}

export async function startRecording(page) {
  const start = page.getByRole('button', { name: 'Start recording' });
  await start.click({ timeout: 30_000 });
  await start.waitFor({ state: 'hidden' });
}

/** The permanent indicator says so, within the second that it has. */
export async function indicated(page, words, timeout = 15_000) {
  await page.getByText(words).first().waitFor({ timeout });
}

export async function vote(page, option) {
  await page.getByRole('radio', { name: option }).check();
  await page.getByRole('button', { name: 'Send answer' }).click();
  await page.getByText('Your vote is counted.').waitFor();
}

/** Asks until the answer is the one that is wanted: what was done may take a moment to show. */
export async function becomes(ask, wanted, why) {
  for (const end = Date.now() + 10_000; ; await new Promise((go) => setTimeout(go, 50))) {
    const told = await ask();
    if (isDeepStrictEqual(told, wanted)) return;
    if (Date.now() > end) assert.deepEqual(told, wanted, why);
  }
}

/** Nothing left the site and no page complained. */
export function assertQuiet(...pages) {
  for (const page of pages) {
    assert.deepEqual(page.foreign, [], 'requests to third parties');
    assert.deepEqual(page.faults, [], 'errors in the page');
  }
}
