// The words of questions, loaded with the first place where they are shown.
import type catalog from '../i18n/questions.en.json';
import type { KeyOf } from '../lib/i18n';
import { type Loader, translator } from '../lib/lang.svelte';

export const t = translator<KeyOf<typeof catalog>>();
export const words: Loader = (lang) => (lang === 'de' ? import('../i18n/questions.de.json') : import('../i18n/questions.en.json'));
