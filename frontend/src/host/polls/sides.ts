// What a motion offers before the host has written something else, in the language of those who vote.
import de from '../../i18n/sides.de.json';
import en from '../../i18n/sides.en.json';
import type { Lang } from '../../lib/i18n';

const words: Record<Lang, typeof en> = { de, en };

export function sides(lang: Lang): string[] {
  const w = words[lang];
  return [w.for, w.against, w.abstain];
}
