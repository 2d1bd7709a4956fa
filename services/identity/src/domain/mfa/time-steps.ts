/** RFC 6238: a code counts for one step of so many milliseconds. */
const stepMs = 30_000;
/** Clocks of telephones and the way of a code to us: a step of grace either way. */
const grace = 1;

export const stepAt = (epochMs: number): number => Math.floor(epochMs / stepMs);

/** The steps whose codes are taken at this moment, the oldest first. */
export const stepsAround = (epochMs: number): readonly number[] => {
  const now = stepAt(epochMs);
  return Array.from({ length: 2 * grace + 1 }, (_, index) => now - grace + index).filter((step) => step >= 0);
};
