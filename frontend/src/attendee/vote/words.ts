// The words of the places beside the room: the phone, and the way to it.
import type catalog from '../../i18n/vote.en.json';
import type { KeyOf } from '../../lib/i18n';
import { type Loader, translator } from '../../lib/lang.svelte';

export const t = translator<KeyOf<typeof catalog>>();
export const words: Loader = (lang) => (lang === 'de' ? import('../../i18n/vote.de.json') : import('../../i18n/vote.en.json'));
