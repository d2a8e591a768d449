// What is made of a recording besides its files: what is under way, and what the page says of it.
import type { Timeline } from '../calls';

export type Made = NonNullable<Timeline['made']>[number];

/** made: where one of them is; undefined where it cannot be made. */
export function made(t: Timeline, making: Made['making']): Made | undefined {
  return t.made?.find((m) => m.making === making);
}

/** underWay lists what is being made or is about to be, the program among it. */
export function underWay(t: Timeline): { making: Made['making'] | 'program'; state: string; progress: number }[] {
  return [{ making: 'program' as const, ...t.program }, ...(t.made ?? [])]
    .filter((m) => m.state === 'queued' || m.state === 'building')
    .map((m) => ({ making: m.making, state: m.state, progress: m.progress ?? 0 }));
}
