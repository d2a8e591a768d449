import { expect, test } from 'vitest';
import type { RecordingDetail, Segment } from '../calls';
import { contentOf, deletable, moving, ordered, playable, totals } from './segments';

const segment = (more: Partial<Segment>): Segment => ({
  id: 'a', group: 'camera', label: '', state: 'available', start_ms: 0, duration_ms: 1000, bytes: 10, audio: true, video: true, ...more,
});
const detail = (state: RecordingDetail['recording']['state'], segments: Segment[] = []): RecordingDetail => ({
  recording: { id: 'r', state, strict: true, announcement: 1, announced_at: '', start_allowed_at: '' },
  storage: 'ok',
  segments,
});

test('a page rests only when nothing changes by itself any more', () => {
  expect(moving(detail('recording'))).toBe(true);
  expect(moving(detail('stopped'))).toBe(true);
  expect(moving(detail('available', [segment({ state: 'sealed' })]))).toBe(true);
  expect(moving(detail('available', [segment({})]))).toBe(false);
  expect(moving(detail('aborted'))).toBe(false);
});

test('what still runs cannot be deleted', () => {
  expect(deletable(detail('paused'))).toBe(false);
  expect(deletable(detail('available'))).toBe(true);
});

test('what has ended and holds something can be played', () => {
  expect(playable(detail('recording', [segment({})]))).toBe(false);
  expect(playable(detail('stopped', [segment({ state: 'writing' })]))).toBe(false);
  expect(playable(detail('stopped', [segment({ state: 'writing' }), segment({ state: 'sealed' })]))).toBe(true);
  expect(playable(detail('available'))).toBe(false);
});

test('files come as it happened', () => {
  const ids = ordered([segment({ id: 's', group: 'screen' }), segment({ id: 'late', start_ms: 5 }), segment({ id: 'c' })]).map((s) => s.id);
  expect(ids).toEqual(['c', 's', 'late']);
  expect(totals([segment({ start_ms: 5, duration_ms: 7 }), segment({ bytes: 5 })])).toEqual({ bytes: 15, end: 1000 });
  expect(contentOf({ audio: true, video: false })).toBe('sound');
});
