import { type Instant, instantOf } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import type { Chore } from '../chores.ts';
import type { Snapshots } from '../snapshots.ts';

const everyMs = 60_000;
/** What was to be forgotten while no process ran is not looked for further back: the comparison at the start has left it out. */
const firstLookMs = 3_600_000;

/** Takes sessions out of the snapshot whose tokens have all expired, so that it does not grow for ever. */
export const forgetSessions = (snapshots: Snapshots): Chore => {
  let from: Instant = instantOf(systemClock.now() - firstLookMs);
  return {
    everyMs,
    work: async () => {
      const until = instantOf(systemClock.now());
      await snapshots.forgetSessions(from, until);
      from = until;
    },
  };
};
