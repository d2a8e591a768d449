// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { language } from '../../lib/lang.svelte';
import type { Timeline } from '../calls';
import { load } from '../i18n';
import { Ensemble } from './ensemble';
import { Player } from './player.svelte';
import Theatre from './Theatre.svelte';

type Part = Timeline['segments'][number];
const part = (id: string, from_ms: number, to_ms: number, speaker = 1): Part => ({
  id, speaker, kind: 'camera', label: `Speaker ${speaker}`, named: false, audio: true, video: true, from_ms, to_ms, bytes: 1, url: `/${id}`,
});
const timeline = (segments: Part[], more: Partial<Timeline> = {}): Timeline => ({
  recording: 'r', webinar: 'w', started_at: '2026-11-27T20:00:00Z', duration_ms: 60_000, pauses: [], segments, chapters: [], polls: [], questions: [],
  program: { state: 'none' }, ...more,
});

const stage = HTMLMediaElement.prototype;
let loaded = true;
let theatre: Record<string, unknown> | undefined;

/** Shows what the player plays; the function that is answered tells what films there are, and which were paused and taken in since it was last asked. */
function show(player: Player) {
  const paused = vi.spyOn(stage, 'pause');
  const joined = vi.spyOn(Ensemble.prototype, 'join');
  theatre = mount(Theatre, { target: document.body, props: { player, onlost: () => Promise.resolve('') } });
  return () => {
    flushSync();
    const films = [...document.querySelectorAll('video')].map((v) => v.getAttribute('src'));
    const seen = { films, paused: paused.mock.calls.length, joined: joined.mock.calls.map(([id]) => id) };
    paused.mockClear();
    joined.mockClear();
    return seen;
  };
}

beforeAll(() => language.start(load));
beforeEach(() => {
  sessionStorage.clear();
  stage.play = () => Promise.resolve();
  vi.spyOn(stage, 'readyState', 'get').mockImplementation(() => (loaded ? 4 : 0));
  // The page asks for pictures as they come; here none do.
  HTMLVideoElement.prototype.requestVideoFrameCallback = () => 0;
  HTMLVideoElement.prototype.cancelVideoFrameCallback = () => undefined;
});
afterEach(async () => {
  if (theatre) await unmount(theatre);
  theatre = undefined;
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test('films are left alone when the timeline is told again, until one of them goes or is another', () => {
  const told = timeline([part('a', 0, 60_000), part('b', 0, 60_000, 2)]);
  const again = (more: Partial<Timeline>) => player.retell(structuredClone({ ...told, ...more }));
  const player = new Player(told);
  const look = show(player);
  expect(look()).toEqual({ films: ['/a', '/b'], paused: 0, joined: ['a', 'b'] });
  for (const progress of [0.1, 0.2]) {
    again({ made: [{ making: 'mp4', state: 'building', progress }] });
    expect(look()).toEqual({ films: ['/a', '/b'], paused: 0, joined: [] });
  }
  again({ trim: { from_ms: 0, to_ms: 9000 } });
  expect(look()).toEqual({ films: ['/a', '/b'], paused: 2, joined: ['a', 'b'] }); // on another clock
  again({ segments: [part('a', 0, 60_000), { ...part('b', 0, 60_000, 2), url: '/b2' }] });
  expect(look()).toEqual({ films: ['/a', '/b2'], paused: 2, joined: ['a', 'b'] });
  again({ segments: [part('a', 0, 60_000)] });
  expect(look()).toEqual({ films: ['/a'], paused: 2, joined: ['a'] });
});

test('the one film is left alone, too, until it is another', () => {
  const program = { state: 'ready', url: '/one', duration_ms: 60_000 } as const;
  const told = timeline([part('a', 0, 60_000)], { program });
  const player = new Player(told);
  player.look('program');
  const look = show(player);
  expect(look()).toEqual({ films: ['/one'], paused: 0, joined: ['program'] });
  player.retell(structuredClone({ ...told, made: [{ making: 'mix', state: 'building', progress: 0.5 }] }));
  expect(look()).toEqual({ films: ['/one'], paused: 0, joined: [] });
  player.retell({ ...told, program: { ...program, url: '/mix', duration_ms: 59_990 } });
  expect(look()).toEqual({ films: ['/mix'], paused: 1, joined: ['program'] });
  player.retell({ ...told, program: { state: 'building' } });
  expect([player.view, look()]).toEqual(['all', { films: ['/a'], paused: 1, joined: ['a'] }]);
});

test('ten seconds back and on are ten seconds of film, also over a pause and at the ends', () => {
  const program = { state: 'ready', url: '/one', duration_ms: 50_000 } as const;
  const told = timeline([part('a', 0, 20_000), part('b', 50_000, 80_000)], { duration_ms: 80_000, pauses: [{ from_ms: 20_000, to_ms: 50_000 }], program });
  const player = new Player(told);
  const skip = (from: number, ms: number): number => {
    player.seek(from);
    player.skip(ms);
    return player.at;
  };
  for (const view of ['all', 'program'] as const) {
    player.look(view);
    expect([skip(54_000, -10_000), skip(14_000, 10_000), skip(20_000, -5000)], view).toEqual([14_000, 54_000, 15_000]);
    expect([skip(3000, -10_000), skip(78_000, 10_000), skip(80_000, -10_000)], view).toEqual([0, 80_000, 70_000]);
  }
  player.look('all');
  player.retell({ ...told, trim: { from_ms: 10_000, to_ms: 60_000 } });
  expect([skip(54_000, -10_000), skip(14_000, 10_000), skip(52_000, -15_000), skip(55_000, 10_000)]).toEqual([14_000, 54_000, 10_000, 60_000]);
});

test('after a jump the clock stands until the films there are loaded; nobody waits for one that does not play', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  const player = new Player(timeline([part('a', 0, 20_000), part('b', 40_000, 60_000)]));
  show(player);
  const stop = player.start();
  const pass = (ms: number): number => {
    for (let left = ms; left > 0; left -= 100) {
      vi.advanceTimersByTime(100);
      flushSync(); // as the page does after each event
    }
    return player.at;
  };
  player.toggle();
  expect(pass(500)).toBeGreaterThan(200);
  loaded = false;
  player.seek(45_000);
  expect([pass(1000), player.waiting]).toEqual([45_000, true]);
  loaded = true;
  expect(pass(500)).toBeGreaterThan(45_200);
  const film = document.querySelector('video[src="/b"]')!;
  Object.defineProperty(film, 'error', { value: { code: 4 } });
  film.dispatchEvent(new Event('error'));
  await expect.poll(() => {
    flushSync();
    return film.isConnected;
  }).toBe(false);
  player.seek(1000);
  expect(pass(500)).toBeGreaterThan(1200);
  player.seek(45_000);
  expect([pass(500) > 45_200, player.waiting]).toEqual([true, false]);
  stop();
});

test('the one film of a cut recording begins before the cut, and is played from the cut on', () => {
  const player = new Player(timeline([part('a', 0, 60_000)], {
    trim: { from_ms: 11_000, to_ms: 40_000 }, program: { state: 'ready', url: '/program', from_ms: 8000, duration_ms: 32_000 },
  }));
  player.look('program');
  player.seek(0);
  expect(player.at).toBe(11_000);
  player.seek(20_000);
  expect(player.at).toBe(20_000);
  player.seek(99_000);
  expect(player.at).toBe(40_000);
});

test('one person is looked at by who they are, until they go', () => {
  const player = new Player(timeline([part('a', 0, 60_000, 1), part('b', 0, 60_000, 2)]));
  player.look(2);
  player.retell(timeline([part('b', 0, 60_000, 1)]));
  expect(player.view).toBe(1);
  player.retell(timeline([part('c', 0, 60_000, 1)]));
  expect(player.view).toBe('all');
});
