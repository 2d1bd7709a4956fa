import { EventStore } from '@orrery/event-store';
import { addressOf, databaseUrlOf, explained, service } from '@orrery/process';
import { openPostgresStore } from '@orrery/telemetry-store';
import { keepCopies } from './application/copies.runner.ts';
import { eventIndexConsumer } from './application/event-index.consumer.ts';
import { RunsOfOrg } from './application/runs-of-org.ts';
import { Telemetry } from './application/telemetry.ts';
import { eventIndexMigration } from './migrations/0001-event-index.ts';
import { ObservabilityConfig } from './observability.config.ts';
import { EventsHandler } from './views/events.handler.ts';
import { LogsHandler } from './views/logs.handler.ts';
import { MetricsHandler } from './views/metrics.handler.ts';

export const observability = service({
  name: 'observability',
  config: ObservabilityConfig,
  migrations: [eventIndexMigration],
  // No aggregates: it looks at what the others did.
  events: [],
  module: ({ store, bus, config, log }) => {
    const url = databaseUrlOf('telemetry', { postgresUrl: config.postgresUrl, databaseUrl: config.telemetryUrl });
    const onFault = (err: unknown) => log.warn({ err }, 'old telemetry could not be forgotten');
    const variable = config.telemetryUrl ? 'ORRERY_TELEMETRY_DATABASE_URL' : 'ORRERY_POSTGRES_URL';
    const open = () =>
      openPostgresStore({ url, onFault }).catch((error: unknown) => {
        throw explained({ title: 'PostgreSQL', address: addressOf(url), variable }, error);
      });
    return {
      controllers: [EventsHandler, LogsHandler, MetricsHandler],
      providers: [
        { provide: EventStore, useValue: store },
        { provide: RunsOfOrg, useValue: new RunsOfOrg(store, bus) },
        { provide: Telemetry, useFactory: async () => new Telemetry(await open()) },
      ],
    };
  },
  consumers: () => [eventIndexConsumer()],
  start: ({ nats, log }) => keepCopies({ nats, log }),
});
