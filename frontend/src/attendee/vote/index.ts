// The page for a phone in the hall, with its words.
import { untrack } from 'svelte';
import { language } from '../../lib/lang.svelte';
import Vote from './Vote.svelte';
import { words } from './words';

await untrack(() => language.add(words));
export default Vote;
