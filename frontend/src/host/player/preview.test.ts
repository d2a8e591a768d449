import { expect, test } from 'vitest';
import type { Timeline } from '../calls';
import { outline, pictureAt, wave } from './preview';

const segment = (from: number, to: number): Timeline['segments'][number] => ({
  id: String(from), label: 'A', speaker: 1, named: false, kind: 'camera', video: true, audio: true, from_ms: from, to_ms: to, url: '', bytes: 1,
});
const line: Timeline = {
  recording: 'r', webinar: 'w', started_at: '', duration_ms: 8000, pauses: [], chapters: [], polls: [], questions: [], program: { state: 'ready' },
  segments: [segment(0, 2000), segment(6000, 8000)],
};

test('pictures are read row by row, and no further than there are', () => {
  const p = { step_ms: 2000, count: 12, columns: 10, width: 240, height: 134 };
  expect(pictureAt(p, 0)).toEqual({ column: 0, row: 0 });
  expect(pictureAt(p, 18_100)).toEqual({ column: 9, row: 0 });
  expect(pictureAt(p, 20_000)).toEqual({ column: 0, row: 1 });
  expect(pictureAt(p, 1e9)).toEqual({ column: 1, row: 1 });
  expect(pictureAt(p, -5)).toEqual({ column: 0, row: 0 });
});

test('a wave leaves silent what the film leaves out', () => {
  const peaks = { step_ms: 1000, peaks: [255, 0, 51, 102] };
  expect(wave(line, { from: 0, to: 8000 }, peaks, 8)).toEqual([1, 0, 0, 0, 0, 0, 0.2, 0.4]);
  expect(wave(line, { from: 0, to: 8000 }, { step_ms: 1000, peaks: [] }, 4)).toEqual([0, 0, 0, 0]);
});

test('an outline is one closed area', () => {
  expect(outline([1, 0])).toBe('M0 100V4H1V100H2V100Z');
});
