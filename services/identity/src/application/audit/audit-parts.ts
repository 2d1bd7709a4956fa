import type { Provider } from '@nestjs/common';
import type { Consumer } from '@orrery/event-store';
import type { Deps } from '@orrery/process';
import type { IdentityConfig } from '../../identity.config.ts';
import { AuditHandler } from '../../views/audit/audit.handler.ts';
import { AuditTrails } from '../../views/audit/audit-trails.ts';
import type { Chore } from '../chores.ts';
import { foundationOf } from '../foundation.ts';
import { AddressMac } from './address-mac.ts';
import { auditConsumer } from './audit.consumer.ts';
import { auditErasingConsumer } from './audit-erasing.consumer.ts';
import { bringOrigins } from './bring-origins.ts';
import { FailedTries } from './failed-tries.ts';

type IdentityDeps = Deps<IdentityConfig>;

/** What was done that matters to somebody's security: who serves requests about it. */
export const auditControllers = [AuditHandler];

const macOf = ({ secrets }: IdentityDeps): AddressMac => new AddressMac(secrets('audit-address-mac'));

export const auditChoreOf = (deps: IdentityDeps): Chore => bringOrigins({ store: deps.store, bus: deps.bus, mac: macOf(deps) });

export const auditProviders = (deps: IdentityDeps): readonly Provider[] => [
  { provide: AuditTrails, useValue: new AuditTrails(deps.store, macOf(deps)) },
  { provide: FailedTries, useValue: foundationOf(deps).failedTries },
];

export const auditConsumers = (): readonly Consumer[] => [auditConsumer(), auditErasingConsumer()];
