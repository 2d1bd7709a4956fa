import type { catalog, execution, OrgId } from '@orrery/contracts';
import type pg from 'pg';

/** Everything that is known of an attempt that holds its run now. */
export interface DueAttempt extends execution.AttemptRef {
  readonly workerId: execution.WorkerId;
  readonly orgId: OrgId;
  readonly gpuIndexes: number[];
  readonly mig: execution.MigSlice | null;
  readonly resources: catalog.Resources;
  readonly gang: execution.Gang | null;
  readonly weights: string[] | null;
  readonly timeoutSeconds: number;
  readonly fileName: string | null;
  readonly bundle: string | null;
  readonly isAcknowledged: boolean;
  readonly isWorkerLost: boolean;
  /** How long its lease still runs. */
  readonly leftMs: number;
  readonly endMode: execution.EndMode | null;
  readonly endReason: execution.EndReason | null;
  readonly traceparent: string | null;
}

type Database = Pick<pg.Pool, 'query'>;

const acknowledged = '(l.acknowledged_at IS NOT NULL OR o.is_running)';
const joined = 'open_attempts o LEFT JOIN attempt_leases l ON l.run_id = o.run_id AND l.epoch = o.epoch';

export const dueAttempt = async (database: Database, runId: string): Promise<DueAttempt | undefined> => {
  const { rows } = await database.query<DueAttempt>({
    name: 'due-attempt',
    text: `SELECT o.run_id AS "runId", o.attempt::int, o.epoch::int, o.worker_id AS "workerId", r.org_id AS "orgId",
        o.gpu_indexes AS "gpuIndexes", o.mig, r.resources, r.request->'gang' AS gang, r.request->'weights' AS weights, r.timeout_seconds::int AS "timeoutSeconds", r.file_name AS "fileName", p.bundle,
        ${acknowledged} AS "isAcknowledged", coalesce(w.is_lost, true) AS "isWorkerLost",
        extract(epoch FROM coalesce(l.expires_at, o.lease_expires_at) - now())::float8 * 1000 AS "leftMs",
        o.end_mode AS "endMode", o.end_reason AS "endReason", o.traceparent
      FROM ${joined} JOIN run_list r ON r.id = o.run_id LEFT JOIN run_programs p ON p.run_id = coalesce(r.gang_id, r.id)
      LEFT JOIN workers w ON w.id = o.worker_id
      WHERE o.run_id = $1`,
    values: [runId],
  });
  return rows[0];
};

/** Runs whose machine has yet to be told something; of one machine, where it is named. */
export const dueRuns = async (database: Database, workerId: string | null = null): Promise<readonly execution.RunId[]> => {
  const { rows } = await database.query<{ runId: execution.RunId }>({
    name: 'due-runs',
    text: `SELECT o.run_id AS "runId" FROM ${joined}
      WHERE (NOT ${acknowledged} OR o.end_mode IS NOT NULL) AND ($1::uuid IS NULL OR o.worker_id = $1) ORDER BY o.run_id`,
    values: [workerId],
  });
  return rows.map(({ runId }) => runId);
};
