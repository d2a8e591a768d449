// What is told of a recording before there is one, with its words: a chunk of its own, fetched where a host has said
// something.
import { untrack } from 'svelte';
import { language } from '../../lang.svelte';
import { words } from './words';

await untrack(() => language.add(words));

export { default as Ahead } from './Ahead.svelte';
