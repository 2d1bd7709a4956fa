import { identity as contracts } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { service } from '@orrery/process';
import { AccessTokens } from './application/access-tokens.ts';
import { ApiKeysHandler, KeyMac } from './application/api-keys.handler.ts';
import { OrgsHandler } from './application/orgs.handler.ts';
import { Passwords } from './application/passwords.ts';
import { SessionsHandler } from './application/sessions.handler.ts';
import { ClaimKey, SignUpHandler } from './application/sign-up.handler.ts';
import { Snapshots } from './application/snapshots.ts';
import { IdentityConfig } from './identity.config.ts';
import { apiKeys } from './views/api-keys.view.ts';
import { orgs } from './views/orgs.view.ts';
import { members, users } from './views/people.view.ts';
import { ViewsHandler } from './views/views.handler.ts';

export const identity = service({
  name: 'identity',
  config: IdentityConfig,
  events: [contracts.IdentityEvents],
  views: [users, members, orgs, apiKeys],
  module: ({ store, bus, secrets, config, log, health }) => {
    const accessTokens = new AccessTokens(secrets('session-signing'));
    const snapshots = new Snapshots({ bus, store, accessTokens, onFault: (err) => log.warn({ err }, 'a snapshot is behind') });
    health.check('snapshots', () => snapshots.areComplete);
    return {
      controllers: [SignUpHandler, SessionsHandler, OrgsHandler, ApiKeysHandler, ViewsHandler],
      providers: [
        { provide: EventStore, useValue: store },
        { provide: AccessTokens, useValue: accessTokens },
        { provide: Passwords, useValue: new Passwords({ atOnce: config.hashesAtOnce, waiting: config.hashesWaiting }) },
        { provide: ClaimKey, useValue: new ClaimKey(secrets('claim-mac')) },
        { provide: KeyMac, useValue: new KeyMac(secrets('api-key-mac')) },
        { provide: Snapshots, useValue: snapshots },
      ],
    };
  },
});
