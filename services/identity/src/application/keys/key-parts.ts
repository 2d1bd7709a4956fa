import type { Provider, Type } from '@nestjs/common';
import type { Consumer, View } from '@orrery/event-store';
import type { Deps } from '@orrery/process';
import type { IdentityConfig } from '../../identity.config.ts';
import { apiKeys } from '../../views/keys/api-keys.view.ts';
import { orgPlans } from '../../views/keys/org-plans.view.ts';
import { foundationOf } from '../foundation.ts';
import { DefaultPlan, PlansHandler } from '../plans/plans.handler.ts';
import { ApiKeys } from './api-keys.ts';
import { KeyMac } from './key-mac.ts';
import { KeyNames } from './key-names.ts';
import { KeyNumbersHandler } from './key-numbers.handler.ts';
import { keyOwnersConsumer } from './key-owners.consumer.ts';
import { KeyUses } from './key-uses.ts';
import { OrgKeysHandler } from './org-keys.handler.ts';
import { OwnKeysHandler } from './own-keys.handler.ts';
import { KeyValidationHandler } from './validation.handler.ts';

type IdentityDeps = Deps<IdentityConfig>;

/** API keys, and the plans that bound what is done with them: who serves requests about them. */
export const keyControllers: Type[] = [OrgKeysHandler, OwnKeysHandler, KeyNumbersHandler, KeyValidationHandler, PlansHandler];
export const keyViews: readonly View[] = [apiKeys, orgPlans];

const macOf = ({ secrets }: IdentityDeps): KeyMac => new KeyMac(secrets('api-key-mac'));
const keysOf = (deps: IdentityDeps): ApiKeys => {
  const { store } = deps;
  const { snapshots, claimKey, notices } = foundationOf(deps);
  const names = new KeyNames(store, claimKey);
  return new ApiKeys({ store, mac: macOf(deps), names, snapshots, uses: new KeyUses(store), notices });
};

export const keyProviders = (deps: IdentityDeps): readonly Provider[] => [
  { provide: KeyMac, useValue: macOf(deps) },
  { provide: KeyUses, useValue: new KeyUses(deps.store) },
  { provide: ApiKeys, useValue: keysOf(deps) },
  { provide: DefaultPlan, useValue: new DefaultPlan(deps.config.defaultPlan) },
];

export const keyConsumers = (deps: IdentityDeps): readonly Consumer[] => [keyOwnersConsumer(keysOf(deps), foundationOf(deps).snapshots)];
