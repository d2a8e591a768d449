// Chance that can be repeated: the seed is told, and PLENUM_SEED gives it back.

/** A sequence of numbers from 0 to 1 that its seed decides (mulberry32), and the seed. */
export function chance(seed = Number(process.env.PLENUM_SEED) || Date.now() % 2 ** 31) {
  let a = seed;
  const next = () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { seed, between: (from, to) => from + next() * (to - from) };
}
