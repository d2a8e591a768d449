// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from 'vitest';
import type { Recording } from '../room.svelte';

const announced = (announcement: number): Recording => ({ id: 'r', state: 'announced', strict: true, announcement, announced_at: 't', start_allowed_at: 't' });

/** The browser wants a click first. */
let blocked: boolean;
let sounds: Sound[];
class Sound {
  src = '';
  playing = false;
  onended: (() => void) | undefined;
  canPlayType = () => 'probably';
  constructor() {
    sounds.push(this);
  }
  async play(): Promise<void> {
    if (blocked) throw new Error('a click first');
    this.playing = true;
  }
  pause(): void {
    this.playing = false;
  }
  end(): void {
    this.playing = false;
    this.onended?.();
  }
}
const heard = () => sounds.flatMap((s, i) => (s.playing ? [i] : []));
const settle = () => new Promise((go) => setTimeout(go));

/** Another page of the same tab. */
async function page() {
  vi.resetModules();
  return (await import('./voice')).voice;
}

beforeEach(() => {
  sessionStorage.clear();
  blocked = false;
  sounds = [];
  vi.stubGlobal('Audio', Sound);
});

test('what a page took with it is spoken on the next one, and what was heard to its end is not', async () => {
  (await page()).speak(announced(1), 'en');
  await settle();
  sounds[0]?.pause();
  const next = await page();
  next.speak(announced(1), 'en');
  await settle();
  expect(heard()).toEqual([1]);
  sounds[1]?.end();
  next.speak(announced(1), 'en');
  (await page()).speak(announced(1), 'en');
  await settle();
  expect(sounds).toHaveLength(2);
});

test('two parts of a page do not speak at once, and what is heard goes on when one goes', async () => {
  const voice = await page();
  const arrival = voice.speak(announced(1), 'en');
  await settle();
  arrival();
  voice.speak(announced(1), 'en');
  await settle();
  expect([sounds.length, heard()]).toEqual([1, [0]]);
  voice.speak(announced(2), 'en'); // of a pause that is over
  await settle();
  expect(heard()).toEqual([1]);
});

test('a part that waited for a click waits no longer when it is gone', async () => {
  blocked = true;
  const voice = await page();
  const arrival = voice.speak(announced(1), 'en');
  await settle();
  arrival();
  voice.speak(announced(1), 'de');
  await settle();
  blocked = false;
  dispatchEvent(new Event('pointerup'));
  await settle();
  expect([heard(), sounds[1]?.src]).toEqual([[1], '/audio/announce-de.ogg']);
});
