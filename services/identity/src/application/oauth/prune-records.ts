import type { Chore } from '../chores.ts';
import type { Snapshots } from '../snapshots.ts';
import type { OauthRecords } from './oauth-records.ts';

const everyMs = 60_000;

/** Forgets what the protocol need not remember any more. */
export const pruneRecords = (records: OauthRecords, snapshots: Snapshots): Chore => ({
  everyMs,
  work: async () => snapshots.forgetOauthEnds(await records.prune()),
});
