import type { Provider } from '@nestjs/common';
import { identity as contracts } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { type Deps, service } from '@orrery/process';
import { ApiKeysHandler, KeyMac } from './application/api-keys.handler.ts';
import { Chores } from './application/chores.ts';
import { OrgsHandler } from './application/orgs.handler.ts';
import { AccessTokens } from './application/sessions/access-tokens.ts';
import { forgetSessions } from './application/sessions/forget-sessions.ts';
import { RefreshTokens } from './application/sessions/refresh-tokens.ts';
import { SecondFactors } from './application/sessions/second-factors.ts';
import { Doors, SessionsHandler } from './application/sessions/sessions.handler.ts';
import { Sessions } from './application/sessions/sessions.ts';
import { Snapshots } from './application/snapshots.ts';
import { pruneTries } from './application/tries/prune-tries.ts';
import { Tries } from './application/tries/tries.ts';
import { TriesTable } from './application/tries/tries-table.ts';
import { Passwords } from './application/users/passwords.ts';
import { ClaimKey, SignUpHandler } from './application/users/sign-up.handler.ts';
import { IdentityConfig } from './identity.config.ts';
import { triesTable } from './migrations/0001-tries.ts';
import { apiKeys } from './views/api-keys.view.ts';
import { orgs } from './views/orgs.view.ts';
import { members, users } from './views/people.view.ts';
import { sessions } from './views/sessions.view.ts';
import { ViewsHandler } from './views/views.handler.ts';

type IdentityDeps = Deps<IdentityConfig>;

/** What other parts of identity sign people in with. */
const sessionProviders = ({ store, bus, secrets, config, log, health }: IdentityDeps): Provider[] => {
  const accessTokens = new AccessTokens(secrets('session-signing'));
  const snapshots = new Snapshots({ bus, store, accessTokens, onFault: (err) => log.warn({ err }, 'a snapshot is behind') });
  health.check('snapshots', () => snapshots.areComplete);
  const refreshTokens = new RefreshTokens(secrets('refresh-mac'));
  const table = new TriesTable(store.pool);
  const tries = new Tries({ table, key: secrets('claim-mac'), clock: systemClock });
  const passwords = new Passwords({ atOnce: config.hashesAtOnce, waiting: config.hashesWaiting });
  const chores = [forgetSessions(snapshots), pruneTries(table)];
  return [
    { provide: Snapshots, useValue: snapshots },
    { provide: Sessions, useValue: new Sessions(store, accessTokens, refreshTokens, snapshots) },
    { provide: Tries, useValue: tries },
    { provide: Passwords, useValue: passwords },
    { provide: Doors, useValue: new Doors(passwords, new SecondFactors(), refreshTokens, tries) },
    { provide: Chores, useValue: new Chores(chores, (err) => log.warn({ err }, 'a chore was left undone')) },
  ];
};

export const identity = service({
  name: 'identity',
  config: IdentityConfig,
  migrations: [triesTable],
  events: [contracts.IdentityEvents],
  views: [users, members, orgs, apiKeys, sessions],
  module: (deps) => ({
    controllers: [SignUpHandler, SessionsHandler, OrgsHandler, ApiKeysHandler, ViewsHandler],
    providers: [
      { provide: EventStore, useValue: deps.store },
      { provide: ClaimKey, useValue: new ClaimKey(deps.secrets('claim-mac')) },
      { provide: KeyMac, useValue: new KeyMac(deps.secrets('api-key-mac')) },
      ...sessionProviders(deps),
    ],
  }),
});
