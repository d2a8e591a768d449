import { expect, test } from 'vitest';
import type { Timeline } from '../calls';
import { made, underWay } from './making';

const line = (over: Partial<Timeline>): Timeline => ({
  recording: 'r', webinar: 'w', started_at: '', duration_ms: 1, pauses: [], segments: [], chapters: [], polls: [], questions: [], program: { state: 'ready' }, ...over,
});

test('without ffmpeg nothing but the program is made', () => {
  expect(made(line({}), 'mp4')).toBeUndefined();
  expect(underWay(line({}))).toEqual([]);
  expect(underWay(line({ program: { state: 'building', progress: 0.5 } }))).toEqual([{ making: 'program', state: 'building', progress: 0.5 }]);
});

test('what is ready, failed or not asked for is not under way', () => {
  const t = line({ made: [{ making: 'mix', state: 'building', progress: 0.25 }, { making: 'sheet', state: 'queued' }, { making: 'peaks', state: 'ready' }, { making: 'mp4', state: 'none' }, { making: 'composite', state: 'failed' }] });
  expect(underWay(t)).toEqual([{ making: 'mix', state: 'building', progress: 0.25 }, { making: 'sheet', state: 'queued', progress: 0 }]);
  expect(made(t, 'composite')?.state).toBe('failed');
});
