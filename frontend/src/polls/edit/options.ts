// What makes options that can be saved.

/** The most options that the server takes. */
export const MOST = 20;

/** cleaned leaves blanks and empty options out. */
export function cleaned(options: readonly string[]): string[] {
  return options.map((o) => o.trim()).filter((o) => o !== '');
}

/** What is wrong with options that were cleaned. */
export function problemOf(options: readonly string[], least = 2, most = MOST): 'few' | 'many' | 'twice' | undefined {
  if (options.length < least) return 'few';
  if (options.length > most) return 'many';
  if (new Set(options.map((o) => o.toLocaleLowerCase())).size < options.length) return 'twice';
  return undefined;
}
