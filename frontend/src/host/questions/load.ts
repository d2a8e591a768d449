// What hosts see of questions, with its words, fetched when it is shown.
import { untrack } from 'svelte';
import { language } from '../../lib/lang.svelte';
import { words } from '../../questions/words';

export const inbox = () => Promise.all([import('./Inbox.svelte'), untrack(() => language.add(words))]).then(([{ default: Inbox }]) => Inbox);
export const summary = () => Promise.all([import('./Summary.svelte'), untrack(() => language.add(words))]).then(([{ default: Summary }]) => Summary);
export const answering = () => Promise.all([import('./Answering.svelte'), untrack(() => language.add(words))]).then(([{ default: Answering }]) => Answering);
