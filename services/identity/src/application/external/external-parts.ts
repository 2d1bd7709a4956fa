import type { Provider, Type } from '@nestjs/common';
import type { View } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import type { Deps } from '@orrery/process';
import type { IdentityConfig } from '../../identity.config.ts';
import { linkedIdentities } from '../../views/external/linked-identities.view.ts';
import { foundationOf } from '../foundation.ts';
import { SecondFactors } from '../sessions/second-factors.ts';
import { SignUps } from '../users/sign-ups.ts';
import { IdentitiesHandler } from './identities.handler.ts';
import { Issuer } from './issuer.ts';
import { Issuers } from './issuers.ts';
import { LinkedAccounts } from './linked-accounts.ts';
import { linkedAccountsOf } from './linked-accounts-of.ts';
import { Newcomers } from './newcomers.ts';
import { IssuerDoor, Reception, SignInHandler } from './sign-in.handler.ts';
import { Tickets } from './tickets.ts';

/** Signing in with accounts elsewhere: who serves requests about it. */
export const externalControllers: Type[] = [SignInHandler, IdentitiesHandler];
export const externalViews: readonly View[] = [linkedIdentities];

const issuersOf = ({ config, log }: Deps<IdentityConfig>): Issuers => {
  const callback = (name: string): string => `${config.publicUrl.replace(/\/+$/, '')}/sign-in/${name}/callback`;
  const surroundings = { clock: systemClock, log };
  return new Issuers(config.signInIssuers.map((each) => new Issuer(each, { ...surroundings, redirectUri: callback(each.name) })));
};

export const externalProviders = (deps: Deps<IdentityConfig>): readonly Provider[] => {
  const { store, config } = deps;
  const { publicUrl, signInOrigins: origins } = config;
  const { sessions, tries } = foundationOf(deps);
  const [issuers, linked] = [issuersOf(deps), linkedAccountsOf(deps)];
  const tickets = new Tickets(store.sealer, systemClock);
  const doorOf = (signUps: SignUps) => new IssuerDoor(issuers, tickets, new Newcomers(store, signUps, linked), { publicUrl, origins });
  return [
    { provide: Issuers, useValue: issuers },
    { provide: LinkedAccounts, useValue: linked },
    { provide: IssuerDoor, useFactory: doorOf, inject: [SignUps] },
    { provide: Reception, useValue: new Reception(sessions, new SecondFactors(store), tries, linked) },
  ];
};
