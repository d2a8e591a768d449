// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { language } from '../../lib/lang.svelte';
import { type RecordingDetail, recordings, type Timeline } from '../calls';
import { load } from '../i18n';
import RecordingCard from './RecordingCard.svelte';

let card: Record<string, unknown> | undefined;

beforeAll(() => language.start(load));
afterEach(async () => {
  if (card) await unmount(card);
});

test.each([
  ['retrying', undefined, ['does not answer', 'will be uploaded'], ['PLENUM_']],
  ['retrying', 'room', ['is full', 'will be uploaded'], ['PLENUM_', 'does not answer']],
  ['unfit', undefined, ['its log says how'], ['PLENUM_']],
  ['unfit', 'bucket', ['PLENUM_S3_BUCKET', 'until then'], ['its log says how']],
] as const)('a store that is %s says of its fault %s what to do', (storage, fault, some, none) => {
  vi.stubGlobal('fetch', () => new Promise(() => undefined));
  const detail: RecordingDetail = {
    recording: { id: 'r', state: 'aborted', strict: true, announcement: 1, announced_at: '2026-01-01T10:00:00Z', start_allowed_at: '2026-01-01T10:00:10Z' },
    storage, segments: [], ...(fault && { storage_fault: fault }),
  };
  card = mount(RecordingCard, { target: document.body, props: { webinar: 'w', detail, reload: () => Promise.resolve() } });
  flushSync();
  const told = [...document.querySelectorAll('[role=status], [role=alert]')].map((e) => e.textContent).join();
  for (const words of some) expect(told).toContain(words);
  for (const words of none) expect(told).not.toContain(words);
});

const segment = { id: 's', group: 'camera', label: '', state: 'available', start_ms: 0, duration_ms: 9000, bytes: 1, audio: true, video: true } as const;
const stored: RecordingDetail = {
  recording: { id: 'r', state: 'available', strict: true, announcement: 1, announced_at: '2026-01-01T10:00:00Z', start_allowed_at: '2026-01-01T10:00:10Z' },
  storage: 'ok', segments: [segment, { ...segment, id: 't', video: false }],
};

test('what nobody plays is not fetched; of a recording that is cut nothing is played whole', async () => {
  vi.spyOn(recordings, 'downloads').mockResolvedValue([]);
  const line = { recording: 'r', program: { state: 'ready' } } as unknown as Timeline;
  const lines = vi.spyOn(recordings, 'timeline').mockResolvedValue(line);
  const show = () => mount(RecordingCard, { target: document.body, props: { webinar: 'w', detail: stored, reload: () => Promise.resolve() } });
  const films = () => [...document.querySelectorAll<HTMLMediaElement>('video, audio')];
  card = show();
  flushSync();
  expect(films().map((f) => f.getAttribute('preload'))).toEqual(['none', 'none']);
  await unmount(card);
  lines.mockResolvedValue({ ...line, trim: { from_ms: 1000, to_ms: 5000 } });
  card = show();
  await expect.poll(films).toEqual([]);
  expect([...document.querySelectorAll('li a')].map((a) => a.getAttribute('href'))).toContain('/recordings/w/r');
});
