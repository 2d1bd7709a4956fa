import { systemClock } from '@orrery/kernel';
import type { Chore } from '../chores.ts';
import type { TriesTable } from './tries-table.ts';

const everyMs = 60_000;

/** Forgets whoever tried in vain long ago. */
export const pruneTries = (table: TriesTable): Chore => ({
  everyMs,
  work: async () => {
    while ((await table.prune(systemClock.now())) > 0);
  },
});
