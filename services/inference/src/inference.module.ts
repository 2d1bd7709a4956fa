import { inference as contracts } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { lead, service } from '@orrery/process';
import { ComparisonHandler } from './application/comparison.handler.ts';
import { comparisonOffice, serveComparison } from './application/comparison.office.ts';
import { startContentIngest } from './application/content.ingest.ts';
import { erasingConsumer } from './application/erasing.consumer.ts';
import { TrustedHosts } from './application/guardrail-addresses.ts';
import { LimitedThings } from './application/limited-things.ts';
import { LimitsHandler } from './application/limits.handler.ts';
import { retentionOffice, serveRetention } from './application/retention.office.ts';
import { MarkKey, RoutingHandler } from './application/routing.handler.ts';
import { SettingsHandler, SigningKey } from './application/settings.handler.ts';
import { Snapshots } from './application/snapshots.ts';
import { upstreamCredentialKeys } from './application/upstream-credentials.ts';
import { startUsageIngest } from './application/usage.ingest.ts';
import { InferenceConfig } from './inference.config.ts';
import { upstreamCredentialsTable } from './migrations/0001-upstream-credentials.ts';
import { inferenceLogTable } from './migrations/0002-inference-log.ts';
import { retention } from './migrations/0003-retention.ts';
import { endUsers } from './migrations/0004-end-users.ts';
import { usageLimits } from './views/limits.view.ts';
import { LogHandler } from './views/log.handler.ts';
import { routes, upstreams } from './views/routing.view.ts';
import { inferenceSettings } from './views/settings.view.ts';
import { differences, settlements } from './views/settlements.view.ts';

export const inference = service({
  name: 'inference',
  config: InferenceConfig,
  migrations: [upstreamCredentialsTable, inferenceLogTable, retention, endUsers],
  events: [contracts.InferenceEvents],
  sealed: [upstreamCredentialKeys],
  views: [upstreams, routes, usageLimits, inferenceSettings, settlements, differences],
  module: ({ store, bus, secrets, log, health, config }) => {
    const onFault = (err: unknown): void => log.warn({ err }, 'a snapshot is behind');
    const snapshots = new Snapshots({ bus, store, gatewayKey: secrets('upstream-credentials'), onFault });
    health.check('snapshots', () => snapshots.areComplete);
    return {
      controllers: [RoutingHandler, LimitsHandler, SettingsHandler, LogHandler, ComparisonHandler],
      providers: [
        { provide: EventStore, useValue: store },
        { provide: Snapshots, useValue: snapshots },
        { provide: LimitedThings, useValue: new LimitedThings(bus) },
        { provide: SigningKey, useValue: new SigningKey(secrets('guardrail-signatures')) },
        { provide: TrustedHosts, useValue: new TrustedHosts(config.guardrailHosts) },
        { provide: MarkKey, useValue: new MarkKey(secrets('upstream-mark-mac')) },
      ],
    };
  },
  consumers: ({ store }) => [erasingConsumer(store)],
  start: ({ store, bus, nats, log, databaseUrl, config }) => {
    const { logDays, billingDays } = config;
    const kept = { logDays, billingDays };
    const ingests = [startUsageIngest({ store, nats, log, retention: kept }), startContentIngest({ store, nats, log })];
    const candidates = [
      lead({ url: databaseUrl, name: comparisonOffice, log, serve: serveComparison({ store, bus, log }) }),
      lead({ url: databaseUrl, name: retentionOffice, log, serve: serveRetention({ store, log, retention: kept }) }),
    ];
    return { stop: async () => void (await Promise.all([...ingests, ...candidates].map((each) => each.stop()))) };
  },
});
