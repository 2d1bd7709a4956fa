import { inference as contracts } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { service } from '@orrery/process';
import { LimitsHandler } from './application/limits.handler.ts';
import { MarkKey, RoutingHandler } from './application/routing.handler.ts';
import { Snapshots } from './application/snapshots.ts';
import { upstreamCredentialKeys } from './application/upstream-credentials.ts';
import { InferenceConfig } from './inference.config.ts';
import { upstreamCredentialsTable } from './migrations/0001-upstream-credentials.ts';
import { usageLimits } from './views/limits.view.ts';
import { routes, upstreams } from './views/routing.view.ts';

export const inference = service({
  name: 'inference',
  config: InferenceConfig,
  migrations: [upstreamCredentialsTable],
  events: [contracts.InferenceEvents],
  sealed: [upstreamCredentialKeys],
  views: [upstreams, routes, usageLimits],
  module: ({ store, bus, secrets, log, health }) => {
    const onFault = (err: unknown): void => log.warn({ err }, 'a snapshot is behind');
    const snapshots = new Snapshots({ bus, store, gatewayKey: secrets('upstream-credentials'), onFault });
    health.check('snapshots', () => snapshots.areComplete);
    return {
      controllers: [RoutingHandler, LimitsHandler],
      providers: [
        { provide: EventStore, useValue: store },
        { provide: Snapshots, useValue: snapshots },
        { provide: MarkKey, useValue: new MarkKey(secrets('upstream-mark-mac')) },
      ],
    };
  },
});
