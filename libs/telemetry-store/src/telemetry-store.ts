import type { LogStore } from './log-store.ts';
import type { MetricStore } from './metric-store.ts';

/** Both stores of an installation, wherever they are. */
export interface TelemetryStore {
  readonly logs: LogStore;
  readonly metrics: MetricStore;
  /** Resolves where the store answers; throws where not. */
  readonly check: () => Promise<void>;
  readonly close: () => Promise<void>;
}
