// A vote that may not have arrived is sent again by itself.
import type { Room } from '../lib/room.svelte';

/** For so long, and up to as long again, it waits while the server is there and could not. */
const AGAIN_MS = 5_000;

/**
 * Sends once the server is back, or after a while, as long as something `waits`. To be called while a component is made;
 * `waits` reads what changes by sending, so that a failure makes it wait anew.
 */
export function again(room: () => Room, waits: () => boolean, send: () => void): void {
  $effect(() => room().tie({ serverLost: () => undefined, serverBack: () => waits() && send(), over: () => undefined }));
  $effect(() => {
    if (!waits()) return;
    const timer = setTimeout(send, AGAIN_MS * (1 + Math.random())); // not all of a room at once
    return () => clearTimeout(timer);
  });
}
