// Headless Chromium with fake devices. A cast is one browser process with its own face and voice, so that what is
// recorded can be told apart by colour and tone.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const flags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required',
  '--use-fake-ui-for-media-stream', '--allow-loopback-in-peer-connection', '--auto-select-desktop-capture-source=Entire screen',
  // phone.test is this machine under a name for which browsers demand TLS, as for any other machine of a network.
  '--host-resolver-rules=MAP phone.test 127.0.0.1 , MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE ::1 , EXCLUDE localhost',
  // Timers and pictures of a page go on although another one is in front.
  '--disable-backgrounding-occluded-windows', '--disable-renderer-backgrounding', '--disable-background-timer-throttling',
];

/**
 * Makes a picture of one colour and a tone of one pitch: how a person looks and sounds in the tests. A light one is small
 * and slow, for tests that look at pages and not at media: encoding and decoding would take all of a small machine.
 */
export function makeFace(dir, name, colour, hertz, { light = false, size = light ? '320x180' : '640x360', rate = light ? 10 : 30 } = {}) {
  const video = join(dir, light ? `${name}.y4m` : `${name}.mjpeg`);
  const audio = join(dir, `${name}.wav`);
  const ffmpeg = (...args) => execFileSync('ffmpeg', ['-v', 'error', '-y', ...args]);
  ffmpeg('-f', 'lavfi', '-i', `color=${colour}:s=${size}:r=${rate}:d=2,drawbox=x='mod(t*160,600)':y=20:w=40:h=40:color=white:t=fill`, ...(light ? ['-pix_fmt', 'yuv420p'] : ['-q:v', '4']), video);
  ffmpeg('-f', 'lavfi', '-i', `sine=frequency=${hertz}:sample_rate=48000:duration=4,volume='if(lt(mod(t,0.5),0.25),1,0)':eval=frame`, '-ac', '1', audio);
  return { video, audio, rate };
}

export class Cast {
  constructor() {
    this.dir = mkdtempSync(join(tmpdir(), 'plenum-cast-'));
    this.browsers = [];
  }

  /** Starts a browser; with a face it is filmed and heard as that person. Its screen moves as often as the face does. */
  async browser(face, ...more) {
    const devices = [`--use-fake-device-for-media-stream=fps=${face?.rate ?? 10}`];
    if (face) devices.push(`--use-file-for-fake-video-capture=${face.video}`, `--use-file-for-fake-audio-capture=${face.audio}`);
    const b = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: [...flags, ...devices, ...more] });
    this.browsers.push(b);
    return b;
  }

  async close() {
    await Promise.all(this.browsers.map((b) => b.close()));
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** One person's page in a profile of its own; every request that leaves the site and every page error is kept. */
export async function person(browser, site, { lang = 'en', viewport = { width: 1280, height: 800 }, colorScheme = 'light' } = {}) {
  const context = await browser.newContext({ locale: lang, viewport, colorScheme, reducedMotion: 'reduce', permissions: ['camera', 'microphone', 'clipboard-read', 'clipboard-write'] });
  // The tests read the browser's own statistics of every connection that a page makes.
  await context.addInitScript(() => {
    const made = [];
    const Native = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Native {
      constructor(...args) {
        super(...args);
        made.push(this);
      }
    };
    window.plenumStats = async () =>
      (await Promise.all(made.filter((pc) => pc.connectionState === 'connected').map(async (pc) => [...(await pc.getStats()).values()]))).flat();
  });
  const page = await context.newPage();
  page.foreign = [];
  page.faults = [];
  const watch = (p) => {
    p.on('request', (r) => {
      if (!r.url().startsWith(site) && !/^(data|blob|about):/.test(r.url())) page.foreign.push(r.url());
    });
    p.on('pageerror', (e) => page.faults.push(String(e)));
    p.on('console', (m) => {
      if (m.type() === 'error' && !/Failed to load resource/.test(m.text())) page.faults.push(m.text());
    });
  };
  watch(page);
  context.on('page', watch);
  return page;
}

/** A window of its own for the same person, signed in as on the first page: a page behind another one is hardly painted, and whoever clicks there waits. */
export async function anotherWindow(page, site, options) {
  const other = await person(page.context().browser(), site, options);
  await other.context().addCookies(await page.context().cookies());
  return other;
}

/** Runs f; when it fails, keeps a picture of each page in test-results/ beside the repository's files. */
export async function pictured(name, pages, f) {
  try {
    await f();
  } catch (fault) {
    const folder = join(import.meta.dirname, '..', '..', 'test-results');
    mkdirSync(folder, { recursive: true });
    const slug = name.replace(/[^a-z0-9]+/gi, '-').slice(0, 40);
    await Promise.all(pages().filter((p) => p && !p.isClosed()).map((p, i) => p.screenshot({ path: join(folder, `${slug}-${i}.png`) }).catch(() => undefined)));
    throw fault;
  }
}
