// The panel with its words, fetched when somebody is inside.
import { untrack } from 'svelte';
import { language } from '../../lib/lang.svelte';
import { words } from '../words';

export const panel = () => Promise.all([import('./Panel.svelte'), untrack(() => language.add(words))]).then(([{ default: Panel }]) => Panel);
