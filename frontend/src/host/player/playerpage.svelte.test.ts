// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Problem } from '../../lib/api';
import { language } from '../../lib/lang.svelte';
import { recordings, type Timeline, type Webinar, webinars } from '../calls';
import { load } from '../i18n';
import PlayerPage from './PlayerPage.svelte';

const part = { id: 's', speaker: 1, kind: 'camera', label: '', named: false, audio: true, video: true, from_ms: 437, to_ms: 5012, bytes: 1, url: '/film' };
const timeline = {
  recording: 'r', started_at: '2026-01-01T10:00:00Z', duration_ms: 5012, segments: [part], pauses: [], chapters: [], polls: [], captions: [], made: [],
  program: { state: 'none' }, peaks: [], speakers: [],
} as unknown as Timeline;

// The page asks for pictures as they come; here none do.
HTMLVideoElement.prototype.requestVideoFrameCallback = () => 0;
HTMLVideoElement.prototype.cancelVideoFrameCallback = () => undefined;

const said = () => {
  flushSync();
  return document.body.textContent;
};
const film = () => document.querySelector('video');
let page: Record<string, unknown>;

beforeEach(async () => {
  await language.start(load);
  vi.spyOn(recordings, 'timeline').mockResolvedValue(timeline);
  vi.spyOn(recordings, 'sharing').mockResolvedValue({ allowed: false, people: 1, lacking: 1 });
  vi.spyOn(webinars, 'get').mockResolvedValue({ webinar: { id: 'w', title: 'Heat pumps' } as unknown as Webinar } as Awaited<ReturnType<typeof webinars.get>>);
  vi.spyOn(recordings, 'refusal').mockResolvedValue(undefined);
});
afterEach(async () => {
  await unmount(page);
  vi.restoreAllMocks();
});
const open = () => {
  page = mount(PlayerPage, { target: document.body, props: { webinar: 'w', id: 'r' } });
};

test('a film whose store came back while it was asked for is tried again by itself, once', async () => {
  open();
  await expect.poll(film).not.toBeNull();
  expect(document.body.textContent).not.toContain('Nobody was recorded at this moment.'); // it begins where somebody was
  const first = film();
  first?.dispatchEvent(new Event('error'));
  await expect.poll(() => film() !== null && film() !== first).toBe(true);
  film()?.dispatchEvent(new Event('error'));
  await expect.poll(said).toContain('this browser does not play it');
});

test('only a refusal of the recording itself takes the film away', async () => {
  vi.mocked(recordings.sharing).mockRejectedValue(new Problem(403, 'forbidden', 'Not for you.'));
  open();
  await expect.poll(said).toContain('Not for you.');
  expect(film()).not.toBeNull();
  expect(said()).toContain('Heat pumps');
  const again = async (status: number, words: string) => {
    vi.mocked(recordings.timeline).mockRejectedValue(new Problem(status, 'no', words));
    document.querySelector<HTMLButtonElement>('[role=alert] button')?.click();
    await expect.poll(said).toContain(words);
  };
  await again(429, 'Too many requests.');
  await again(408, 'Too slow.');
  expect(film()).not.toBeNull();
  await again(404, 'There is no such recording.');
  expect(film()).toBeNull();
});

test('what is taken back or erased meanwhile goes from a page that stays open', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  open();
  await expect.poll(film).not.toBeNull();
  vi.mocked(recordings.timeline).mockResolvedValue({ ...timeline, segments: [] });
  vi.advanceTimersByTime(60_000);
  await expect.poll(said).toContain('There is nothing in this recording.');
  vi.mocked(recordings.timeline).mockRejectedValue(new Problem(404, 'not-found', 'There is no such recording.'));
  document.dispatchEvent(new Event('visibilitychange'));
  await expect.poll(said).toContain('There is no such recording.');
  expect(said()).not.toContain('There is nothing in this recording.');
  vi.useRealTimers();
});

test('a look that finds nothing new leaves the films alone', async () => {
  open();
  await expect.poll(film).not.toBeNull();
  const paused = vi.spyOn(HTMLVideoElement.prototype, 'pause');
  const looks = vi.mocked(recordings.sharing).mock.calls.length;
  vi.mocked(recordings.timeline).mockResolvedValue(structuredClone(timeline));
  document.dispatchEvent(new Event('visibilitychange'));
  await expect.poll(() => vi.mocked(recordings.sharing).mock.calls.length).toBe(looks + 1);
  flushSync();
  expect(paused).not.toHaveBeenCalled();
});

test('an answer that is older than what the page was told since is dropped', async () => {
  open();
  await expect.poll(film).not.toBeNull();
  let answer: (t: Timeline) => void = () => undefined;
  vi.mocked(recordings.timeline).mockReturnValue(new Promise((done) => { answer = done; }));
  document.dispatchEvent(new Event('visibilitychange'));
  vi.spyOn(recordings, 'setCaptions').mockResolvedValue({ ...timeline, captions: [{ lang: 'en', url: '/en', bytes: 1 }] });
  const file = document.querySelector<HTMLInputElement>('#captions-file')!;
  Object.defineProperty(file, 'files', { value: [new File(['WEBVTT'], 'a.vtt')] });
  file.dispatchEvent(new Event('change', { bubbles: true }));
  await expect.poll(() => document.querySelector('a[href="/en?download=1"]')).not.toBeNull();
  answer(timeline);
  await new Promise((done) => setTimeout(done, 20));
  flushSync();
  expect(document.querySelector('a[href="/en?download=1"]')).not.toBeNull();
});
