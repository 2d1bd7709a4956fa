import type { BeforeApplicationShutdown, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { type Ingest, startIngest } from '@orrery/event-store';
import type { Log } from '@orrery/telemetry';
import type { TelemetryStore } from '@orrery/telemetry-store';
import type { NatsConnection } from 'nats';
import type { AttemptOwners } from './attempt-owners.ts';
import { takeMetrics } from './metrics.ingest.ts';
import { takeOutput } from './output.ingest.ts';

export interface TelemetryParts {
  readonly store: TelemetryStore;
  readonly nats: NatsConnection;
  readonly owners: AttemptOwners;
  readonly log: Log;
}

/** Output and samples of the machines: taken in while the service lives, and kept open until its last request is answered. */
export class Telemetry implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  readonly store: TelemetryStore;
  private readonly parts: TelemetryParts;
  private ingests: readonly Ingest[] = [];

  constructor(parts: TelemetryParts) {
    this.parts = parts;
    this.store = parts.store;
  }

  onApplicationBootstrap(): void {
    const { nats, owners, log, store } = this.parts;
    this.ingests = [
      startIngest({ nats, log, stream: 'OUTPUT', durable: 'execution--output', take: takeOutput(store.logs, owners, log) }),
      startIngest({ nats, log, stream: 'METRICS', durable: 'execution--metrics', take: takeMetrics(store.metrics, owners, log) }),
    ];
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.ingests.map((ingest) => ingest.stop()));
  }

  onApplicationShutdown(): Promise<void> {
    return this.store.close();
  }
}
