// What makes a poll that can be saved.

/** The most options that the server takes. */
export const MOST = 20;

export type DraftProblem = 'question' | 'few' | 'twice' | 'bounds';

/** How many answers each person gives. */
export interface Choice {
  kind: 'single' | 'multiple';
  least: number;
  most: number;
}

const ONE: Choice = { kind: 'single', least: 1, most: 1 };

export function draftOf(question: string, options: readonly string[], choice: Choice = ONE): { question: string; options: string[] } & Choice {
  return { question: question.trim(), options: options.map((o) => o.trim()).filter((o) => o !== ''), ...(choice.kind === 'single' ? ONE : choice) };
}

/** problemsOf says what is missing, in the order of the form. Empty options are left out, not complained about. */
export function problemsOf(question: string, options: readonly string[], choice: Choice = ONE): DraftProblem[] {
  const draft = draftOf(question, options, choice);
  const problems: DraftProblem[] = [];
  if (draft.question === '') problems.push('question');
  if (draft.options.length < 2) problems.push('few');
  if (new Set(draft.options.map((o) => o.toLocaleLowerCase())).size < draft.options.length) problems.push('twice');
  const { least, most } = draft;
  if (!problems.includes('few') && !(Number.isInteger(least) && Number.isInteger(most) && least >= 1 && least <= most && most <= draft.options.length)) problems.push('bounds');
  return problems;
}

/** Answered says how far an open poll is: "87 of 142", or only the count when the room's number is not larger. */
export function answered(total: number, watching: number): { n: number; of: number | null } {
  return { n: total, of: watching >= total && watching > 0 ? watching : null };
}
