// The words of what is told beforehand, loaded with the first place where they are shown.
import type catalog from '../../../i18n/ahead.en.json';
import type { KeyOf } from '../../i18n';
import { type Loader, translator } from '../../lang.svelte';

export type AheadKey = KeyOf<typeof catalog>;
export const t = translator<AheadKey>();
export const words: Loader = (lang) => (lang === 'de' ? import('../../../i18n/ahead.de.json') : import('../../../i18n/ahead.en.json'));
