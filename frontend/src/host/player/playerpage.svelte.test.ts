// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { expect, test, vi } from 'vitest';
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

test('a film whose store came back while it was asked for is tried again by itself, once', async () => {
  await language.start(load);
  vi.spyOn(recordings, 'timeline').mockResolvedValue(timeline);
  vi.spyOn(recordings, 'sharing').mockResolvedValue({ allowed: false, shared: false } as unknown as Sharing);
  vi.spyOn(webinars, 'get').mockResolvedValue({ webinar: { id: 'w', title: 'Heat pumps' } as unknown as Webinar } as Awaited<ReturnType<typeof webinars.get>>);
  vi.spyOn(recordings, 'refusal').mockResolvedValue(undefined);
  const page = mount(PlayerPage, { target: document.body, props: { webinar: 'w', id: 'r' } });
  const film = () => document.querySelector('video');
  await expect.poll(film).not.toBeNull();
  expect(document.body.textContent).not.toContain('Nobody was recorded at this moment.'); // it begins where somebody was
  const first = film();
  first?.dispatchEvent(new Event('error'));
  await expect.poll(() => film() !== null && film() !== first).toBe(true);
  film()?.dispatchEvent(new Event('error'));
  await expect.poll(() => {
    flushSync();
    return document.body.textContent;
  }).toContain('this browser does not play it');
  await unmount(page);
});
