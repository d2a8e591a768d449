/** How many of so many options each person may choose. */
export function fits(least: number, most: number, options: number): boolean {
  return Number.isInteger(least) && Number.isInteger(most) && least >= 1 && least <= most && most <= options;
}
