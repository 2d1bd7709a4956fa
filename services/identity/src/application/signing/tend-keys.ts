import type { Chore } from '../chores.ts';
import type { Snapshots } from '../snapshots.ts';
import type { SigningKeys } from './signing-keys.ts';

/** A replica signs with a key that was compromised for as long as this. */
const everyMs = 5_000;

/** Follows the keys that sign access tokens, which any replica may have made. */
export const tendKeys = (keys: SigningKeys, snapshots: Snapshots): Chore => ({
  everyMs,
  work: async () => {
    await snapshots.forgetSigning(await keys.tend());
    await snapshots.signingChanged();
  },
});
