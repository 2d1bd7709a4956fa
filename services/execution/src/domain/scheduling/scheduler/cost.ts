import type { Entry, Hold } from './entry.ts';

export const holdsOf = ({ running }: Entry): readonly Hold[] => (running?.holds ?? []).filter((hold) => hold !== null);

const weightOf = ({ amounts }: Hold): number => Object.values(amounts).reduce((sum, amount) => sum + amount, 0);

/** The work that would be lost: what all of it holds, times how long it has run. */
export const costOf = ({ running }: Entry, now: number): number =>
  (running?.holds ?? []).reduce((sum, hold) => sum + (hold ? weightOf(hold) * Math.max(0, now - (running?.at ?? now)) : 0), 0);
