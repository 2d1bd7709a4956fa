import type { Entry, Hold } from './entry.ts';

export const holdsOf = ({ running }: Entry): readonly Hold[] => (running?.holds ?? []).filter((hold) => hold !== null);

/** What all of it holds. */
export const weightOf = ({ running }: Entry): number => {
  let sum = 0;
  for (const hold of running?.holds ?? []) if (hold) for (const amount of Object.values(hold.amounts)) sum += amount;
  return sum;
};

/** The work that would be lost: what all of it holds, times how long it has run. */
export const costOf = (entry: Entry, now: number): number => weightOf(entry) * Math.max(0, now - (entry.running?.at ?? now));
