import type { Deps } from '@orrery/process';
import type { IdentityConfig } from '../../identity.config.ts';
import { foundationOf } from '../foundation.ts';
import { LinkedAccounts } from './linked-accounts.ts';

export const linkedAccountsOf = (deps: Deps<IdentityConfig>): LinkedAccounts => {
  const { store, config } = deps;
  return new LinkedAccounts({ ...foundationOf(deps), store, publicUrl: config.publicUrl });
};
