import type { Schema } from '../../lib/api';

/** What is typed into the fields; an empty one is null or undefined. */
export type Fields = Record<'min' | 'max' | 'correct' | 'tolerance', number | null | undefined>;

/** rulesOf says which field is wrong, or what the server is told. */
export function rulesOf(unit: string, f: Fields): Schema<'PollRules'> | keyof Fields {
  const { min, max, correct, tolerance } = f;
  if (typeof min === 'number' && typeof max === 'number' && min >= max) return 'max';
  if (typeof correct === 'number' && ((typeof min === 'number' && correct < min) || (typeof max === 'number' && correct > max))) return 'correct';
  if (typeof tolerance === 'number' && (tolerance < 0 || (tolerance > 0 && typeof correct !== 'number'))) return 'tolerance';
  const told: Schema<'PollRules'> = unit.trim() ? { unit: unit.trim() } : {};
  for (const key of ['min', 'max', 'correct', 'tolerance'] as const) {
    const n = f[key];
    if (typeof n === 'number') told[key === 'correct' ? 'truth' : key] = n;
  }
  return told;
}
