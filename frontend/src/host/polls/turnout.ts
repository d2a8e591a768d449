/** answered says how far an open poll is: "87 of 142", or only the count when the room's number is not larger. */
export function answered(total: number, watching: number): { n: number; of: number | null } {
  return { n: total, of: watching >= total && watching > 0 ? watching : null };
}
