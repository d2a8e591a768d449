// Short codes are Crockford base32: no I, L, O, U; what is easily misread is read kindly.

/** What the server is asked for: capitals, without blanks and dashes, O as 0, I and L as 1. */
export function normalizeCode(text: string): string {
  return text
    .toUpperCase()
    .replace(/[\s-]/g, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
}

/** As it is read best: `K7M2 PQ4R`. */
export function prettyCode(text: string): string {
  return (normalizeCode(text).match(/.{1,4}/g) ?? []).join(' ');
}
