// What makes options that can be saved.

/** The most options that the server takes. */
export const MOST = 20;

/** cleaned leaves blanks and empty options out. */
export function cleaned(options: readonly string[]): string[] {
  return options.map((o) => o.trim()).filter((o) => o !== '');
}

/** What is wrong with options that were cleaned. */
export function problemOf(options: readonly string[]): 'few' | 'twice' | undefined {
  if (options.length < 2) return 'few';
  if (new Set(options.map((o) => o.toLocaleLowerCase())).size < options.length) return 'twice';
  return undefined;
}
