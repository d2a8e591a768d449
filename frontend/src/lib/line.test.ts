import { describe, expect, it } from 'vitest';
import { type Expected, Line, lineState } from './line';
import type { Reception } from './quality';

const face: Expected = { track: 'v0', shows: 'ada false' };
const slides: Expected = { track: 'v1', shows: 'ada true' };

/** Packets and height of each track in one window. */
function window(pictures: Record<string, [number, number]> | undefined, loss = 0, rtt = 0.05): Reception {
  return { loss, rtt, pictures: pictures && new Map(Object.entries(pictures).map(([id, [packets, height]]) => [id, { packets, height }])) };
}

const full = window({ v0: [300, 720] });
const small = window({ v0: [100, 360] });
const none = window({ v0: [0, 720] });
const lossy = window({ v0: [300, 720] }, 0.1);

function run(line: Line, windows: Reception[], { expected = [face], from = 0 } = {}): string[] {
  return windows.map((w, i) => line.add(w, expected, (from + i) * 2000));
}

describe('Line', () => {
  it('is good as long as pictures come whole', () => {
    expect(run(new Line(), [full, full, full])).toEqual(['good', 'good', 'good']);
  });

  it('calls a lossy line weak, not its picture', () => {
    expect(run(new Line(), [full, lossy, lossy])).toEqual(['good', 'good', 'poor']);
  });

  it('says that the picture is smaller when the line was weak shortly before, and until it is whole again', () => {
    const line = new Line();
    expect(run(line, [full, lossy, small, small, small])).toEqual(['good', 'good', 'good', 'reduced', 'reduced']);
    expect(run(line, Array.from({ length: 30 }, () => small), { from: 5 }).at(-1)).toBe('reduced');
    expect(run(line, [full, full, full], { from: 40 })).toEqual(['reduced', 'good', 'good']);
  });

  it('does not blame a good line for a picture that its sender made smaller', () => {
    expect(run(new Line(), [full, full, small, small, small]).at(-1)).toBe('good');
  });

  it('tells sound only by a weak line from a picture that is held up elsewhere', () => {
    expect(run(new Line(), [full, lossy, none, none, none])).toEqual(['good', 'good', 'good', 'sound', 'sound']);
    expect(run(new Line(), [full, full, none, none, none])).toEqual(['good', 'good', 'good', 'held', 'held']);
  });

  it('forgets a weak moment after half a minute', () => {
    const line = new Line();
    run(line, [lossy, full, full]);
    expect(run(line, [none, none], { from: 20 }).at(-1)).toBe('held');
  });

  it('stays with sound only until a picture comes back', () => {
    const line = new Line();
    run(line, [lossy, lossy, none, none]);
    expect(run(line, [none, full, full], { from: 60 })).toEqual(['sound', 'sound', 'good']);
  });

  it('names the picture that does not come while another does, and no more', () => {
    const line = new Line();
    const one = window({ v0: [0, 0], v1: [200, 720] });
    expect(run(line, [one, one, one], { expected: [face, slides] }).at(-1)).toBe('good');
    expect([...line.missing]).toEqual(['v0']);
    run(line, [window({ v1: [200, 720] })], { expected: [slides], from: 3 });
    expect([...line.missing]).toEqual([]);
  });

  it('takes its time with a picture that begins, and knows when a slot shows somebody else', () => {
    const line = new Line();
    run(line, [none, full, full]);
    expect([...line.missing]).toEqual([]);
    const other = { ...face, shows: 'bo false' };
    expect(run(line, [window({ v0: [100, 360] }, 0.1), small, small], { expected: [other], from: 3 }).at(-1)).toBe('good');
  });

  it('judges no pictures where the browser does not tell them apart, or where none are due', () => {
    expect(run(new Line(), [lossy, window(undefined), window(undefined)]).at(-1)).toBe('good');
    expect(run(new Line(), [lossy, none, none], { expected: [] }).at(-1)).toBe('good');
  });
});

describe('lineState', () => {
  it.each([
    ['connecting', false, false, 'connecting'], ['lost', false, false, 'connecting'], ['connecting', true, false, 'reconnecting'], ['lost', true, false, 'reconnecting'],
    ['connecting', false, true, 'lost'], ['lost', true, true, 'lost'], ['connected', true, false, 'sound'], ['connected', true, true, 'sound'],
  ] as const)('%s, connected before %s, for long %s: %s', (link, before, lasting, want) => {
    expect(lineState(link, 'sound', before, lasting)).toBe(want);
  });
});
