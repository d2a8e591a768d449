// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { language } from '../../lib/lang.svelte';
import type { RecordingDetail } from '../calls';
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
