// Which labels of an axis have room side by side.

/**
 * Of labels at equal distances on an axis so many em wide, every which one can stand without touching the next: 1 is all
 * of them. A character is taken for 0.62 em, as digits of this page's font are, and 0.8 em stay free between two.
 */
export function stride(labels: readonly string[], width: number): number {
  const longest = Math.max(0, ...labels.map((l) => l.length)) * 0.62 + 0.8;
  return Math.max(1, Math.ceil(longest / (width / Math.max(1, labels.length))));
}
