// The way to one's own phone, with its words.
import { untrack } from 'svelte';
import { language } from '../../lib/lang.svelte';
import { words } from './words';

export const button = () => Promise.all([import('./PhoneButton.svelte'), untrack(() => language.add(words))]).then(([{ default: Button }]) => Button);
