// In which order questions are read. Pure, so that it can be tested by itself.
import type { Schema } from '../lib/api';

export type Question = Schema<'Question'>;
export type Sort = 'votes' | 'newest';

const asked = (q: Question): number => Date.parse(q.asked_at);

/** Most votes first, then who asked first; or the newest first. */
export function sorted(list: readonly Question[], by: Sort): Question[] {
  return [...list].sort((a, b) => (by === 'votes' ? b.votes - a.votes || asked(a) - asked(b) : asked(b) - asked(a)) || (a.id < b.id ? -1 : 1));
}

/** Keeps the places of what was shown before: under a hand nothing moves. What is new comes behind it. */
export function steady(list: readonly Question[], before: readonly string[]): Question[] {
  const place = new Map(before.map((id, i) => [id, i]));
  return [...list].sort((a, b) => (place.get(a.id) ?? before.length) - (place.get(b.id) ?? before.length));
}

/** Questions in whose words, name or answer every word of `what` stands, whatever its case. */
export function found(list: readonly Question[], what: string): Question[] {
  const wanted = what.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return list.filter((q) => {
    const text = `${q.text} ${q.name} ${q.answer}`.toLocaleLowerCase();
    return wanted.every((w) => text.includes(w));
  });
}

/** Whether votes can be given. */
export const isOpen = (q: Question): boolean => q.state === 'shown' || q.state === 'answering';
