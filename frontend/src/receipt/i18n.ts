// The words of this entry: its own catalog over the common one.
import type catalog from '../i18n/receipt.en.json';
import type { KeyOf } from '../lib/i18n';
import { type Loader, translator } from '../lib/lang.svelte';

export const t = translator<KeyOf<typeof catalog>>();
export const load: Loader = (lang) => (lang === 'de' ? import('../i18n/receipt.de.json') : import('../i18n/receipt.en.json'));
