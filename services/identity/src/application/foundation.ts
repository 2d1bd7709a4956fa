import type { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import type { Deps } from '@orrery/process';
import type { IdentityConfig } from '../identity.config.ts';
import { AccessTokens } from './sessions/access-tokens.ts';
import { Snapshots } from './snapshots.ts';
import { Together } from './together.ts';
import { Tries } from './tries/tries.ts';
import { TriesTable } from './tries/tries-table.ts';

/** What requests and consumers of one process share. */
export interface Foundation {
  readonly accessTokens: AccessTokens;
  readonly snapshots: Snapshots;
  readonly together: Together;
  readonly triesTable: TriesTable;
  readonly tries: Tries;
}

const lay = ({ store, bus, secrets, log, health }: Deps<IdentityConfig>): Foundation => {
  const accessTokens = new AccessTokens(secrets('session-signing'));
  const snapshots = new Snapshots({ bus, store, accessTokens, onFault: (err) => log.warn({ err }, 'a snapshot is behind') });
  health.check('snapshots', () => snapshots.areComplete);
  const triesTable = new TriesTable(store.pool);
  const tries = new Tries({ table: triesTable, key: secrets('claim-mac'), clock: systemClock });
  return { accessTokens, snapshots, together: new Together(store), triesTable, tries };
};

const foundations = new WeakMap<EventStore, Foundation>();

/** The one of a log in this process: requests and consumers are set up apart from each other. */
export const foundationOf = (deps: Deps<IdentityConfig>): Foundation => {
  const known = foundations.get(deps.store) ?? lay(deps);
  foundations.set(deps.store, known);
  return known;
};
