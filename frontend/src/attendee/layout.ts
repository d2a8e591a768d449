// Who is shown where: the slot map of this client turned into one large picture and small ones.
import type { Person, Slot } from '../lib/room.svelte';

export interface Shown {
  /** n-th video track. */
  slot: number;
  person: string;
  name: string;
  screen: boolean;
  micMuted: boolean;
}

/** The pictures on the stage: a screen first, then the cameras by slot. A muted camera shows nothing and is left out. */
export function pictures(slots: readonly Slot[], people: readonly Person[]): Shown[] {
  const by = new Map(people.map((p) => [p.id, p]));
  const shown: Shown[] = [];
  for (const s of slots) {
    if (s.media !== 'video') continue;
    const person = by.get(s.person);
    if (person?.sources.find((x) => x.kind === s.kind)?.muted) continue;
    const mic = person?.sources.find((x) => x.kind === 'mic');
    shown.push({ slot: s.slot, person: s.person, name: person?.name ?? '', screen: s.kind === 'screen', micMuted: mic?.muted ?? true });
  }
  return shown.sort((a, b) => Number(b.screen) - Number(a.screen) || a.slot - b.slot);
}

/** People on stage without a picture: they are named in its place. */
export function unseen(people: readonly Person[], shown: readonly Shown[]): Person[] {
  const seen = new Set(shown.filter((s) => !s.screen).map((s) => s.person));
  return people.filter((p) => !seen.has(p.id) && p.sources.some((s) => s.kind === 'mic' || s.kind === 'camera'));
}
