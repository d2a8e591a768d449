// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Problem } from '../../lib/api';
import { language } from '../../lib/lang.svelte';
import { recordings, type Sharing, type Timeline, type Webinar, webinars } from '../calls';
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
  vi.spyOn(recordings, 'sharing').mockResolvedValue({ allowed: false, people: 1, lacking: 1 } as unknown as Sharing);
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
