import type { Provider, Type } from '@nestjs/common';
import type { Consumer, View } from '@orrery/event-store';
import type { Deps } from '@orrery/process';
import type { IdentityConfig } from '../../identity.config.ts';
import { oauthApps } from '../../views/oauth/oauth-apps.view.ts';
import { oauthGrants } from '../../views/oauth/oauth-grants.view.ts';
import { foundationOf } from '../foundation.ts';
import { appOwnersConsumer } from './app-owners.consumer.ts';
import { AppSecrets } from './app-secrets.ts';
import { OauthApps } from './oauth-apps.ts';
import { OauthGrants } from './oauth-grants.ts';
import { OrgAppsHandler } from './org-apps.handler.ts';
import { OwnAppsHandler } from './own-apps.handler.ts';
import { OauthDesk, OauthProtocolHandler } from './protocol.handler.ts';

type IdentityDeps = Deps<IdentityConfig>;

/** Applications, what people let them do, and the memory of the protocol: who serves requests about them. */
export const oauthControllers: Type[] = [OrgAppsHandler, OwnAppsHandler, OauthProtocolHandler];
export const oauthViews: readonly View[] = [oauthApps, oauthGrants];

const grantsOf = (deps: IdentityDeps): OauthGrants => {
  const { snapshots, oauthRecords } = foundationOf(deps);
  return new OauthGrants(deps.store, oauthRecords, snapshots);
};

const appsOf = (deps: IdentityDeps): OauthApps =>
  new OauthApps(deps.store, new AppSecrets(deps.secrets('oauth-secret-mac')), foundationOf(deps).snapshots, grantsOf(deps));

export const oauthProviders = (deps: IdentityDeps): readonly Provider[] => {
  const grants = grantsOf(deps);
  const issuer = new URL(deps.config.publicUrl).origin;
  const apps = appsOf(deps);
  return [
    { provide: OauthGrants, useValue: grants },
    { provide: OauthApps, useValue: apps },
    { provide: OauthDesk, useValue: new OauthDesk(foundationOf(deps).oauthRecords, grants, apps, issuer) },
  ];
};

export const oauthConsumers = (deps: IdentityDeps): readonly Consumer[] => [appOwnersConsumer(appsOf(deps), grantsOf(deps))];
