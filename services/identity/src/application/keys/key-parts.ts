import type { Provider, Type } from '@nestjs/common';
import type { EventStore } from '@orrery/event-store';
import { PlansHandler } from '../plans/plans.handler.ts';
import { Snapshots } from '../snapshots.ts';
import { ApiKeys } from './api-keys.ts';
import { KeyMac } from './key-mac.ts';
import { KeyUses } from './key-uses.ts';
import { OrgKeysHandler } from './org-keys.handler.ts';
import { OwnKeysHandler } from './own-keys.handler.ts';
import { KeyValidationHandler } from './validation.handler.ts';

/** What serves API keys, and the plans that bound what is done with them. */
export const keyControllers: Type[] = [OrgKeysHandler, OwnKeysHandler, KeyValidationHandler, PlansHandler];

export const keyProviders = (store: EventStore, macKey: Buffer): Provider[] => {
  const mac = new KeyMac(macKey);
  const uses = new KeyUses(store);
  return [
    { provide: KeyMac, useValue: mac },
    { provide: KeyUses, useValue: uses },
    { provide: ApiKeys, useFactory: (snapshots: Snapshots) => new ApiKeys(store, mac, snapshots, uses), inject: [Snapshots] },
  ];
};
