// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { language } from '../../lib/lang.svelte';
import { Room } from '../../lib/room.svelte';
import { load } from '../i18n';
import { Cockpit } from './cockpit.svelte';
import Toolbar from './Toolbar.svelte';

let bar: Record<string, unknown> | undefined;

beforeAll(() => language.start(load));
afterEach(async () => {
  if (bar) await unmount(bar);
});

test('who turns on the microphone need not wait for it to turn on the camera', () => {
  const cockpit = new Cockpit(new Room('w'));
  cockpit.micMuted = cockpit.cameraOff = true;
  vi.spyOn(cockpit, 'hasMicrophone', 'get').mockReturnValue(true);
  vi.spyOn(cockpit, 'hasCamera', 'get').mockReturnValue(true);
  const muted = vi.spyOn(cockpit, 'setMuted').mockResolvedValue();
  bar = mount(Toolbar, { target: document.body, props: { cockpit, host: false } });
  flushSync();
  const press = (name: string) => [...document.querySelectorAll('button')].find((b) => b.textContent.trim() === name)?.click();
  press('Unmute');
  cockpit.pending.mic = true; // the server has not answered
  flushSync();
  press('Unmute');
  press('Camera on');
  expect(muted.mock.calls).toEqual([['mic', false], ['camera', false]]);
});
