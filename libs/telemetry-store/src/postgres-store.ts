import { openPools } from './database.ts';
import { Partitions } from './partitions.ts';
import { PostgresLogs } from './postgres-logs.ts';
import { PostgresMetrics } from './postgres-metrics.ts';
import type { TelemetryStore } from './telemetry-store.ts';

export interface PostgresStoreOptions {
  /** Of its own database, by custom `orrery_telemetry`; created where it is missing. */
  readonly url: string;
  /** How many days are kept, today included. */
  readonly logDays?: number;
  readonly metricDays?: number;
  /** Connections for log lines, and as many for samples. */
  readonly poolSize?: number;
  readonly now?: () => number;
  /** Forgetting failed and will be tried again. */
  readonly onFault?: (error: unknown) => void;
}

export interface PostgresStore extends TelemetryStore {
  /** Forgets what is too old, now; else it happens every hour by itself. Answers how many daily tables went. */
  readonly retain: () => Promise<number>;
}

const retainEveryMs = 3_600_000;

/** The embedded store: enough for one machine and a small fleet; Loki and Prometheus take over past that. */
export const openPostgresStore = async (options: PostgresStoreOptions): Promise<PostgresStore> => {
  const { url, logDays = 7, metricDays = 7, poolSize = 4, now = Date.now, onFault = () => undefined } = options;
  const pools = await openPools({ url, poolSize });
  const logs = new PostgresLogs(pools.logs, new Partitions(pools.logs, 'log_entries', { days: logDays, now }));
  const metrics = new PostgresMetrics(pools.metrics, new Partitions(pools.metrics, 'metric_samples', { days: metricDays, now }));
  const retain = async (): Promise<number> => (await logs.retain()) + (await metrics.retain());
  const timer = setInterval(() => void retain().catch(onFault), retainEveryMs).unref();
  return {
    logs,
    metrics,
    retain,
    check: async () => {
      await pools.metrics.query('SELECT 1');
    },
    close: async () => {
      clearInterval(timer);
      await pools.end();
    },
  };
};
