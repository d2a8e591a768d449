export { default as Editor } from './Editor.svelte';
export { default as Result } from './Result.svelte';
