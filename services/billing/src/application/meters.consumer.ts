import { epochOf, execution } from '@orrery/contracts';
import { type Consumer, consumer, instant, nanos, table, uuid } from '@orrery/event-store';

/** What runs now and what it costs: one row a running run. */
export const openMeters = table({
  table: 'open_meters',
  columns: { runId: uuid<execution.RunId>(), orgId: uuid(), startedAt: instant(), nanosPerSecond: nanos() },
  key: ['runId'],
});

/** Follows what runs, so that credit that runs out is noticed while it does. */
export const metersConsumer = (): Consumer => {
  const { RunStarted, RunAttemptLost, RunCompleted, RunFailed, RunSystemFailed, RunCancelled, RunAborted } = execution.ExecutionEvents;
  return consumer({
    service: 'billing',
    name: 'meters',
    events: [RunStarted, RunAttemptLost, RunCompleted, RunFailed, RunSystemFailed, RunCancelled, RunAborted],
    write: async ({ event, metadata }, client) => {
      const { runId } = event.data;
      if (event.type !== 'RunStarted') {
        await client.query('DELETE FROM open_meters WHERE run_id = $1', [runId]);
        return;
      }
      if (metadata.orgId === undefined) return;
      const { startedAt, price } = event.data;
      await client.query(
        `INSERT INTO open_meters (run_id, org_id, started_at, nanos_per_second) VALUES ($1, $2, $3, $4)
         ON CONFLICT (run_id) DO UPDATE SET started_at = excluded.started_at`,
        [runId, metadata.orgId, new Date(epochOf(startedAt)), price.nanosPerSecond],
      );
    },
  });
};
