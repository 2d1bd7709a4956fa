import type { Provider } from '@nestjs/common';
import { identity as contracts } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { type Deps, service } from '@orrery/process';
import { Chores } from './application/chores.ts';
import { foundationOf } from './application/foundation.ts';
import { keyControllers, keyProviders } from './application/keys/key-parts.ts';
import { mfaControllers, mfaProviders, mfaViews } from './application/mfa/mfa-parts.ts';
import { orgConsumers, orgControllers, orgProviders } from './application/orgs/org-parts.ts';
import { forgetSessions } from './application/sessions/forget-sessions.ts';
import { RefreshTokens } from './application/sessions/refresh-tokens.ts';
import { SecondFactors } from './application/sessions/second-factors.ts';
import { Doors, SessionsHandler } from './application/sessions/sessions.handler.ts';
import { Sessions } from './application/sessions/sessions.ts';
import { Snapshots } from './application/snapshots.ts';
import { pruneTries } from './application/tries/prune-tries.ts';
import { Tries } from './application/tries/tries.ts';
import { Passwords } from './application/users/passwords.ts';
import { ClaimKey, SignUpHandler } from './application/users/sign-up.handler.ts';
import { IdentityConfig } from './identity.config.ts';
import { triesTable } from './migrations/0001-tries.ts';
import { keyUsesTable } from './migrations/0003-key-uses.ts';
import { apiKeys } from './views/api-keys.view.ts';
import { invites } from './views/invites.view.ts';
import { orgPlans } from './views/org-plans.view.ts';
import { defaultOrgs, members } from './views/orgs/members.view.ts';
import { orgs } from './views/orgs/orgs.view.ts';
import { users } from './views/people.view.ts';
import { sessions } from './views/sessions.view.ts';
import { spaceMembers, spaces } from './views/spaces.view.ts';
import { ViewsHandler } from './views/views.handler.ts';

type IdentityDeps = Deps<IdentityConfig>;

/** What other parts of identity sign people in with. */
const sessionProviders = (deps: IdentityDeps): Provider[] => {
  const { store, secrets, config, log } = deps;
  const { accessTokens, snapshots, tries, triesTable: table } = foundationOf(deps);
  const refreshTokens = new RefreshTokens(secrets('refresh-mac'));
  const signIns = new Sessions(store, accessTokens, refreshTokens, snapshots);
  const passwords = new Passwords({ atOnce: config.hashesAtOnce, waiting: config.hashesWaiting });
  const chores = [forgetSessions(snapshots), pruneTries(table)];
  return [
    { provide: Snapshots, useValue: snapshots },
    { provide: Sessions, useValue: signIns },
    { provide: Tries, useValue: tries },
    { provide: Passwords, useValue: passwords },
    { provide: Doors, useValue: new Doors(passwords, new SecondFactors(store), refreshTokens, tries) },
    { provide: Chores, useValue: new Chores(chores, (err) => log.warn({ err }, 'a chore was left undone')) },
    ...mfaProviders(deps, signIns),
  ];
};

export const identity = service({
  name: 'identity',
  config: IdentityConfig,
  migrations: [triesTable, keyUsesTable],
  events: [contracts.IdentityEvents],
  views: [users, members, defaultOrgs, orgs, invites, spaces, spaceMembers, apiKeys, orgPlans, sessions, ...mfaViews],
  module: (deps) => ({
    controllers: [SignUpHandler, SessionsHandler, ...mfaControllers, ...orgControllers, ...keyControllers, ViewsHandler],
    providers: [
      { provide: EventStore, useValue: deps.store },
      { provide: ClaimKey, useValue: new ClaimKey(deps.secrets('claim-mac')) },
      ...keyProviders(deps.store, deps.secrets('api-key-mac')),
      ...sessionProviders(deps),
      ...orgProviders(deps),
    ],
  }),
  consumers: orgConsumers,
});
