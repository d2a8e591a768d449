// Who asks when. All members of a hall see a motion open in the same moment, and each has to ask for whom they vote.

/** Milliseconds over which the requests of an opening are spread. A poll that opened longer ago is met by one person. */
export const OPENING_MS = 1500;

/** Milliseconds to wait before asking; chance is from 0 up to 1. */
export function wait(openedAt: string | undefined, now: number, chance: number): number {
  const ago = now - Date.parse(openedAt ?? '');
  return ago < OPENING_MS ? chance * OPENING_MS : 0;
}
