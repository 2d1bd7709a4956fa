export type { Labels, Matchers } from './labels.ts';
export { CursorInvalid } from './log-cursor.ts';
export {
  type Appended,
  type LogEntry,
  type LogPage,
  type LogPlace,
  type LogQuery,
  type LogStore,
  logStart,
  mostEntries,
} from './log-store.ts';
export {
  type Aggregate,
  type MetricQuery,
  type MetricStore,
  mostPoints,
  type Point,
  pointsOf,
  type Sample,
  type Series,
  TooManyPoints,
} from './metric-store.ts';
export { openPostgresStore, type PostgresStore, type PostgresStoreOptions } from './postgres-store.ts';
export type { TelemetryStore } from './telemetry-store.ts';
