// The words of polls, loaded with the first one that is shown.
import type catalog from '../i18n/polls.en.json';
import type { KeyOf } from '../lib/i18n';
import { type Loader, translator } from '../lib/lang.svelte';

export const t = translator<KeyOf<typeof catalog>>();
export const load: Loader = (lang) => (lang === 'de' ? import('../i18n/polls.de.json') : import('../i18n/polls.en.json'));
