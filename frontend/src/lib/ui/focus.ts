import { tick } from 'svelte';

/** Once the page shows what has changed: the button that was pressed may be gone, and the focus with it. Then `to` has it. */
export async function refocus(to: HTMLElement | undefined): Promise<void> {
  await tick();
  if (document.activeElement === document.body) to?.focus();
}
