// Takes the pictures of docs/: node frontend/e2e/pictures.mjs, after `make build`.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync } from 'node:fs';
import { join as path } from 'node:path';
import { Cast, person } from './browser.mjs';
import { drawSlide, film } from './portraits.mjs';
import { desk, wear } from './looks.mjs';
import { Server } from './server.mjs';
import { announce, answer, createWebinar, enterStage, goLive, indicated, inviteSpeaker, join, moves, preparePoll, startRecording } from './steps.mjs';

const docs = path(import.meta.dirname, '..', '..', 'docs');
const questions = [
  ['What keeps your data from being open?', ['Time', 'Unclear licences', 'Personal data in it', 'Nobody asked yet']],
  ['Which part shall we go deeper into?', ['Licences', 'Anonymous figures', 'Keeping it up to date']],
];

/** Takes a picture with at most 256 colours, which is what keeps it small. */
async function take(page, name, options = {}) {
  const file = path(docs, `${name}.png`);
  await page.evaluate(() => scrollTo(0, 0));
  await page.mouse.move(2, page.viewportSize().height - 2);
  await page.screenshot({ path: file, ...options });
  const small = `${file}.small.png`;
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-i', file, '-vf', 'split[a][b];[a]palettegen=max_colors=256[p];[b][p]paletteuse=dither=sierra2_4a', '-frames:v', '1', '-update', '1', '-compression_level', '100', small]);
  renameSync(small, file);
}

/** A guest without a browser: has a seat, listens to the events, and may vote. */
class Guest {
  constructor(server, webinar) {
    Object.assign(this, { server, webinar, path: `/api/webinars/${webinar}` });
  }

  async sit() {
    const r = await this.server.call('POST', `${this.path}/join`, { json: {} });
    this.cookie = r.headers.get('set-cookie').split(';')[0];
    this.ear = new AbortController();
    const { body } = await fetch(new URL(`${this.path}/events`, this.server.url), { headers: { cookie: this.cookie, accept: 'text/event-stream' }, signal: this.ear.signal });
    // Whoever does not listen is not counted for long.
    void (async () => { for await (const _ of body); })().catch(() => undefined);
  }

  async vote(question, n) {
    const { body } = await this.server.call('GET', `${this.path}/polls`, { headers: { cookie: this.cookie } });
    const poll = body.find((p) => p.question === question);
    await this.server.call('POST', `${this.path}/polls/${poll.id}/votes`, { json: { answer: { options: [poll.options[n].id] }, receipt: randomBytes(32).toString('hex') }, headers: { cookie: this.cookie } });
  }
}

// The address in the pictures is the one that a first start prints.
const server = await Server.start({ port: 8080 });
const cast = new Cast();
const guests = [];
try {
  mkdirSync(docs, { recursive: true });
  const audience = await cast.browser();
  const easel = await (await audience.newContext()).newPage();
  const jonas = await film(easel, cast.dir, 'jonas');
  const amina = await film(easel, cast.dir, 'amina');
  const picture = (await drawSlide(easel)).toString('base64');
  await easel.context().close();
  const [host, speaker, watcher, phone] = await Promise.all([cast.browser(jonas), cast.browser(amina), audience, audience].map(async (b) => person(await b, server.url)));
  // What is shared is the slide.
  await speaker.addInitScript((data) => {
    navigator.mediaDevices.getDisplayMedia = async () => {
      const image = await createImageBitmap(new Blob([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], { type: 'image/png' }));
      const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
      const paint = () => canvas.getContext('2d').drawImage(image, 0, 0);
      paint();
      setInterval(paint, 100);
      return canvas.captureStream(10);
    };
  }, picture);

  await host.goto(server.setupLink);
  await host.getByLabel('Your name').fill('Jonas Petersen');
  await host.getByLabel('E-mail').fill('jonas@example.org');
  await host.getByLabel('Password').fill('four words nobody guesses');
  await host.getByRole('button', { name: 'Make account' }).click();
  const webinar = await createWebinar(host, 'Open data for charities');
  const link = await inviteSpeaker(host, 'Amina Yılmaz');
  for (const [question, options] of questions) await preparePoll(host, question, options);
  const projector = await person(audience, server.url, { viewport: { width: 1280, height: 720 } });
  await projector.context().addCookies(await host.context().cookies());
  await projector.goto(`${server.url}/present/${webinar.id}`);

  await enterStage(host, `${server.url}/stage/${webinar.id}`);
  await enterStage(speaker, link);
  await goLive(host);
  for (let i = 0; i < 38; i++) {
    guests.push(new Guest(server, webinar.id));
    await guests[i].sit();
  }
  await join(watcher, webinar.link);
  await join(phone, webinar.link);
  await speaker.getByRole('button', { name: 'Share screen' }).click();
  await watcher.getByText('Screen of Amina Yılmaz').waitFor();

  await announce(host);
  await speaker.getByRole('dialog', { name: 'May we record you?' }).waitFor();
  await speaker.waitForTimeout(1000); // the answers can be clicked
  await take(speaker, 'consent');
  await answer(speaker, 'Record me');
  await answer(host, 'Record me');
  await startRecording(host);
  for (const page of [watcher, phone]) {
    const understood = page.getByRole('button', { name: 'Understood' });
    if (await understood.isVisible()) await understood.click({ timeout: 2000 }).catch(() => {}); // it may go by itself meanwhile
  }
  await host.getByRole('button', { name: /Open poll/ }).click();
  await watcher.getByRole('radio').first().waitFor();
  for (const [i, n] of [9, 6, 13, 5].entries()) for (const guest of guests.splice(0, n)) { guests.push(guest); await guest.vote(questions[0][0], i); }
  await indicated(watcher, /^Recording$/);
  await host.waitForTimeout(9000); // the best layers have arrived
  await watcher.getByRole('radio', { name: 'Personal data in it' }).check();
  await take(watcher, 'stage');
  await host.setViewportSize({ width: 1280, height: 1210 });
  await take(host, 'cockpit');
  await take(projector, 'projector');

  await phone.getByRole('radio', { name: 'Personal data in it' }).check();
  await phone.getByRole('button', { name: 'Send answer' }).click();
  await phone.getByText('Your vote is counted.').waitFor();
  await wear(phone, { ...desk, width: 390, height: 1050, theme: 'dark' });
  await moves(phone, 60);
  await phone.evaluate(() => document.activeElement?.blur());
  await take(phone, 'stage-dark-phone');

  await host.getByRole('button', { name: 'Stop recording' }).click();
  const shelf = await person(audience, server.url, { viewport: { width: 1280, height: 780 } });
  await shelf.context().addCookies(await host.context().cookies());
  await shelf.goto(`${server.url}/recordings/${webinar.id}`);
  await shelf.getByText('Ready', { exact: true }).waitFor({ timeout: 60_000 });
  await shelf.locator('video').evaluateAll((all) => all.forEach((v) => (v.preload = 'metadata')));
  await shelf.waitForFunction(() => [...document.querySelectorAll('video')].every((v) => v.readyState >= 1));
  await shelf.locator('video').evaluateAll((all) => Promise.all(all.map((v) => new Promise((done) => {
    v.addEventListener('seeked', done, { once: true });
    v.currentTime = 4;
  }))));
  await shelf.waitForTimeout(500);
  await take(shelf, 'recordings');
} finally {
  for (const guest of guests) guest.ear?.abort();
  await cast.close();
  await server.stop();
}
