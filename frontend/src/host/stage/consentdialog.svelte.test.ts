// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { expect, test, vi } from 'vitest';
import { language } from '../../lib/lang.svelte';
import { Room } from '../../lib/room.svelte';
import { type MyConsent, recordings } from '../calls';
import { load } from '../i18n';
import { Consent } from './consent.svelte';
import ConsentDialog from './ConsentDialog.svelte';

test('what is told while the question is open takes no tick away', async () => {
  await language.start(load);
  vi.spyOn(recordings, 'notice').mockResolvedValue({ lang: 'en', hash: 'h', text: 'text' });
  const shown: MyConsent = { recording: 'r', state: 'shown', scopes: [], publish: false };
  vi.spyOn(recordings, 'answer').mockResolvedValue(shown);
  const room = new Room('w');
  room.recording = { id: 'r', state: 'announced' } as Room['recording'];
  const consent = new Consent(room, () => Promise.resolve(undefined), () => true, () => undefined);
  const dialog = mount(ConsentDialog, { target: document.body, props: { consent, hostName: 'Ada', strict: true } });
  await consent.load('r', 'en');
  flushSync();
  const tick = document.querySelector<HTMLInputElement>('label.tick input');
  tick?.click();
  flushSync();
  room.apply({ name: 'my_consent', data: { ...shown } });
  flushSync();
  expect(tick?.checked).toBe(true);
  room.apply({ name: 'my_consent', data: { ...shown, state: 'granted' } });
  flushSync();
  expect(document.querySelector('label.tick')).toBeNull();
  await unmount(dialog);
});
