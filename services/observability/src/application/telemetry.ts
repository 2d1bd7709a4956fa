import type { OnApplicationShutdown } from '@nestjs/common';
import type { TelemetryStore } from '@orrery/telemetry-store';

/** Log lines and samples, wherever they are kept. */
export class Telemetry implements OnApplicationShutdown {
  constructor(readonly store: TelemetryStore) {}

  onApplicationShutdown(): Promise<void> {
    return this.store.close();
  }
}
