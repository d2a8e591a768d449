// What the phone of the same seat does is seen on this page.
import { api } from '../../lib/api';
import type { Room } from '../../lib/room.svelte';

/** How often this page asks while a poll is open in which the seat has not voted, ms. Few give their seat to a phone. */
const ASK_MS = 5000;

/** Asks what this seat has voted in, every few seconds and when the page is looked at again. The answer ends that. */
export function follow(room: Room): () => void {
  let over = false;
  const ask = async () => {
    if (document.hidden || !room.polls.some((p) => p.state === 'open' && !p.voted)) return;
    try {
      const list = await api('get', '/api/webinars/{webinar}/polls', { params: { webinar: room.id } });
      if (over) return;
      for (const p of list) if (p.voted && !room.polls.find((q) => q.id === p.id)?.voted) room.setPoll(p);
    } catch {
      // the next one asks again
    }
  };
  const timer = setInterval(() => void ask(), ASK_MS);
  const look = () => void ask();
  document.addEventListener('visibilitychange', look);
  return () => {
    over = true;
    clearInterval(timer);
    document.removeEventListener('visibilitychange', look);
  };
}
