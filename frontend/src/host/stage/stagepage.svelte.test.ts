// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { beforeAll, expect, test, vi } from 'vitest';
import { language } from '../../lib/lang.svelte';
import { webinars } from '../calls';
import { load } from '../i18n';
import StagePage from './StagePage.svelte';

const sources: EventTarget[] = [];
let sounds = 0;

class Source extends EventTarget {
  constructor() {
    super();
    sources.push(this);
  }
  close(): void { /* nothing to do */ }
}
class Sound {
  canPlayType = () => '';
  pause = () => undefined;
  play = () => {
    sounds++;
    return Promise.resolve();
  };
}
const tell = (name: string, data: object) => sources.at(-1)?.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) }));

beforeAll(() => language.start(load));

test('who is about to go on stage sees and hears what is announced, and then its state', async () => {
  vi.stubGlobal('EventSource', Source);
  vi.stubGlobal('Audio', Sound);
  const me = { id: 's', role: 'speaker', name: 'Sara', invited: false } as const;
  vi.spyOn(webinars, 'join').mockResolvedValue(me);
  const page = mount(StagePage, { target: document.body, props: { id: 'w' } });
  await vi.waitFor(() => expect(sources).toHaveLength(1));
  flushSync();
  const state = () => document.querySelector('[data-recording]')?.getAttribute('data-recording');
  expect(document.body.textContent).toContain('Check camera and microphone');
  expect(state()).toBeUndefined(); // nothing is known yet
  const recording = { id: 'r', state: 'announced', strict: true, announcement: 1, announced_at: '2026-01-01T10:00:00Z', start_allowed_at: '2026-01-01T10:00:10Z' };
  tell('snapshot', {
    webinar: { id: 'w', title: 'T', state: 'live', host_name: 'H', recording_plan: { intent: 'none' } },
    me, presence: { watching: 2 }, stage: { people: [] }, speaking: { people: [] }, slots: { slots: [] }, polls: [], server_time: '2026-01-01T10:00:05Z', recording,
  });
  flushSync();
  expect(document.querySelector('[role=alert]')?.textContent).toContain('This event is going to be recorded');
  expect([state(), sounds]).toEqual(['announced', 1]);
  tell('recording', { ...recording, state: 'recording' });
  flushSync();
  expect(state()).toBe('recording');
  await unmount(page);
  vi.unstubAllGlobals();
});
