import { epochOf, execution } from '@orrery/contracts';
import { type Consumer, consumer } from '@orrery/event-store';

/** Follows what runs and what it costs, one row a running run, so that credit that runs out is noticed while it does. */
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
         ON CONFLICT (run_id) DO UPDATE SET started_at = excluded.started_at, asked_at = NULL`,
        [runId, metadata.orgId, new Date(epochOf(startedAt)), price.nanosPerSecond],
      );
    },
  });
};
