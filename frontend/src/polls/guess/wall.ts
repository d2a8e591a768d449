export { default as Wall } from './Wall.svelte';
