// The player's keys. Outside of fields only, and never together with the browser's own modifiers.

export type Act =
  | { do: 'toggle' | 'mute' | 'fullscreen' | 'help' | 'slower' | 'faster' }
  | { do: 'skip'; ms: number }
  | { do: 'volume'; by: number }
  | { do: 'part'; tenths: number };

type Press = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>;

const named: Readonly<Record<string, Act>> = {
  ' ': { do: 'toggle' }, k: { do: 'toggle' },
  j: { do: 'skip', ms: -10_000 }, l: { do: 'skip', ms: 10_000 },
  ArrowLeft: { do: 'skip', ms: -5000 }, ArrowRight: { do: 'skip', ms: 5000 },
  ArrowUp: { do: 'volume', by: 0.1 }, ArrowDown: { do: 'volume', by: -0.1 },
  Home: { do: 'part', tenths: 0 }, End: { do: 'part', tenths: 10 },
  f: { do: 'fullscreen' }, m: { do: 'mute' }, '?': { do: 'help' }, '<': { do: 'slower' }, '>': { do: 'faster' },
};

/** actOf says what a key asks for. */
export function actOf(e: Press): Act | undefined {
  if (e.ctrlKey || e.metaKey || e.altKey) return undefined;
  if (/^\d$/.test(e.key)) return { do: 'part', tenths: Number(e.key) };
  const key = e.key.length === 1 ? e.key.toLowerCase() : e.key;
  return Object.hasOwn(named, key) ? named[key] : undefined;
}

/** Where the focus is: in the player, nowhere, or elsewhere on the page. */
export type Focus = 'player' | 'nowhere' | 'elsewhere';

/** ours: the player has the key where the focus is. Letters, digits and signs can be switched off; the others scroll the page. */
export function ours(key: string, focus: Focus, characters: boolean): boolean {
  if (key.length === 1 && key !== ' ') return characters;
  return focus === 'player' || (focus === 'nowhere' && [' ', 'ArrowLeft', 'ArrowRight'].includes(key));
}

/** theirs: the focused control needs that key itself: text, lists, and the key that presses a button. */
export function theirs(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof Element)) return false;
  const el = target.closest('input, select, textarea, button, a, summary, dialog, [contenteditable]');
  if (!el) return false;
  if (el.matches('dialog, textarea, select, [contenteditable]') || (el.matches('input') && !el.matches('[data-seek]'))) return true;
  return key === ' ' && el.matches('button, a, summary');
}
