// The page for a frame of another site, with its words.
import { untrack } from 'svelte';
import { language } from '../../lib/lang.svelte';
import { words } from '../vote/words';
import Embed from './Embed.svelte';

await untrack(() => language.add(words));
export default Embed;
