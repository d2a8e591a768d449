// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { language } from '../../lib/lang.svelte';
import { Room } from '../../lib/room.svelte';
import { load } from '../i18n';
import RecordPanel from './RecordPanel.svelte';

const counts = { asked: 2, granted: 2, answered: 2, unwritable: 0, waiting: false };
let panel: Record<string, unknown> | undefined;

beforeAll(() => language.start(load));
afterEach(async () => {
  if (panel) await unmount(panel);
});

test('a host is told while the store does not answer, and no longer', () => {
  const room = new Room('w');
  room.recording = { id: 'r', state: 'recording', strict: true, announcement: 1, announced_at: '2026-01-01T10:00:00Z', start_allowed_at: '2026-01-01T10:00:10Z', started_at: '2026-01-01T10:00:10Z' };
  room.consent = counts;
  panel = mount(RecordPanel, { target: document.body, props: { room } });
  flushSync();
  const told = () => [...document.querySelectorAll('[role=status]')].map((e) => e.textContent).join();
  expect(told()).not.toContain('storage');
  room.consent = { ...counts, waiting: true };
  flushSync();
  expect(told()).toContain('The storage has not answered for some minutes.');
  room.consent = counts;
  flushSync();
  expect(told()).not.toContain('storage');
});
