import type { execution } from '@orrery/contracts';
import { instant, integer, nullable, table, uuid, type Write, write } from '@orrery/event-store';
import type pg from 'pg';
import type { OpenAttempt } from '../domain/leases/reconcile.ts';

/** How long each open attempt may still be held, and since when its machine has or lacks it. */
const attemptLeases = table({
  table: 'attempt_leases',
  columns: {
    runId: uuid<execution.RunId>(),
    epoch: integer(),
    workerId: uuid<execution.WorkerId>(),
    expiresAt: instant(),
    acknowledgedAt: nullable(instant()),
    missingSince: nullable(instant()),
    /** The scheduler's term in which it was given: the table takes none from a term that is over. */
    term: integer(),
  },
  key: ['runId'],
});

/** The constraint that refuses a placement by a scheduler that has been replaced. */
export const termConstraint = 'attempt_leases_term';

interface Grant {
  readonly runId: execution.RunId;
  readonly epoch: number;
  readonly workerId: execution.WorkerId;
  readonly expiresAt: string;
  readonly term: bigint;
}

export const grantLease = ({ term, ...grant }: Grant): Write =>
  write(attemptLeases, { put: { ...grant, acknowledgedAt: null, missingSince: null, term: Number(term) } });

/** In which term something was decided of a run besides its placements; the table takes none from a term that is over. */
const decisionTerms = table({
  table: 'decision_terms',
  columns: { runId: uuid<execution.RunId>(), term: integer() },
  key: ['runId'],
});

/** Part of the transaction of such a decision: without it a scheduler that was replaced could go on deciding. */
export const proveTerm = (runId: execution.RunId, term: bigint): Write => write(decisionTerms, { put: { runId, term: Number(term) } });

export const endTerm = (runId: execution.RunId): Write => write(decisionTerms, { drop: { runId } });

export const endLease = (runId: execution.RunId): Write => write(attemptLeases, { drop: { runId } });

type Database = Pick<pg.Pool, 'query'>;

/** The agent has it in its journal. */
export const acknowledgeLease = async (
  database: Database,
  { runId, epoch }: Pick<execution.AttemptRef, 'runId' | 'epoch'>,
): Promise<void> => {
  await database.query({
    name: 'acknowledge-lease',
    text: 'UPDATE attempt_leases SET acknowledged_at = now() WHERE run_id = $1 AND epoch = $2 AND acknowledged_at IS NULL',
    values: [runId, epoch],
  });
};

/** Before it is offered again: whenever the machine takes it, its lease must not end here before it ends there. */
export const extendLease = async (
  database: Database,
  { runId, epoch }: Pick<execution.AttemptRef, 'runId' | 'epoch'>,
  ms: number,
): Promise<void> => {
  await database.query({
    name: 'extend-lease',
    text: `UPDATE attempt_leases SET expires_at = greatest(expires_at, now() + make_interval(secs => $3::float8 / 1000))
      WHERE run_id = $1 AND epoch = $2`,
    values: [runId, epoch, ms],
  });
};

export interface HeldAttempt extends OpenAttempt {
  readonly workerId: execution.WorkerId;
}

interface HeldRow extends execution.AttemptRef {
  readonly workerId: execution.WorkerId;
  readonly isAcknowledged: boolean;
  readonly missingForMs: number | null;
  readonly endMode: execution.EndMode | null;
  readonly endReason: execution.EndReason | null;
}

/** What these machines should hold. */
export const openOn = async (database: Database, workerIds: readonly string[]): Promise<readonly HeldAttempt[]> => {
  const { rows } = await database.query<HeldRow>({
    name: 'open-attempts-of-workers',
    text: `SELECT o.run_id AS "runId", o.attempt::int, o.epoch::int, o.worker_id AS "workerId",
        l.acknowledged_at IS NOT NULL OR o.is_running AS "isAcknowledged",
        extract(epoch FROM now() - l.missing_since)::float8 * 1000 AS "missingForMs", o.end_mode AS "endMode", o.end_reason AS "endReason"
      FROM open_attempts o LEFT JOIN attempt_leases l ON l.run_id = o.run_id AND l.epoch = o.epoch
      WHERE o.worker_id = ANY($1::uuid[])`,
    values: [workerIds],
  });
  return rows.map(({ endMode, endReason, ...row }) => ({
    ...row,
    wish: endMode && endReason ? { mode: endMode, reason: endReason } : null,
  }));
};

/** Of these runs, those that ended a moment ago, with the number of their last attempt. */
export const endedLately = async (
  database: Database,
  refs: readonly execution.AttemptRef[],
  ms: number,
): Promise<ReadonlyMap<string, number>> => {
  if (refs.length === 0) return new Map();
  const { rows } = await database.query<{ id: string; attempt: number }>({
    name: 'ended-lately',
    text: `SELECT id, attempt::int FROM run_list
      WHERE id = ANY($1::uuid[]) AND settled_at > now() - make_interval(secs => $2::float8 / 1000)`,
    values: [refs.map(({ runId }) => runId), ms],
  });
  return new Map(rows.map(({ id, attempt }) => [id, attempt]));
};

/** After beats: what is held may be held longer, and what is lacked is noted. */
export const renewLeases = async (
  database: Database,
  { renewed, missing }: { readonly renewed: readonly execution.AttemptRef[]; readonly missing: readonly execution.AttemptRef[] },
  leaseMs: number,
): Promise<void> => {
  if (renewed.length + missing.length === 0) return;
  const rows = [...renewed.map((ref) => ({ ...ref, held: true })), ...missing.map((ref) => ({ ...ref, held: false }))];
  await database.query({
    name: 'renew-leases',
    text: `UPDATE attempt_leases l SET
        expires_at = CASE WHEN r.held THEN greatest(l.expires_at, now() + make_interval(secs => $2::float8 / 1000)) ELSE l.expires_at END,
        acknowledged_at = CASE WHEN r.held THEN coalesce(l.acknowledged_at, now()) ELSE l.acknowledged_at END,
        missing_since = CASE WHEN r.held THEN NULL ELSE coalesce(l.missing_since, now()) END
      FROM json_to_recordset($1::json) AS r("runId" uuid, epoch bigint, held boolean)
      WHERE l.run_id = r."runId" AND l.epoch = r.epoch`,
    values: [JSON.stringify(rows), leaseMs],
  });
};

export interface Overdue extends execution.AttemptRef {
  readonly workerId: execution.WorkerId;
  readonly overdueMs: number;
}

/** Attempts past their lease. Where none was kept, the one promised at the placement counts. */
export const overdueAttempts = async (database: Database, limit: number): Promise<readonly Overdue[]> => {
  const { rows } = await database.query<Overdue>({
    name: 'overdue-attempts',
    text: `SELECT o.run_id AS "runId", o.attempt::int, o.epoch::int, o.worker_id AS "workerId",
        extract(epoch FROM now() - coalesce(l.expires_at, o.lease_expires_at))::float8 * 1000 AS "overdueMs"
      FROM open_attempts o LEFT JOIN attempt_leases l ON l.run_id = o.run_id AND l.epoch = o.epoch
      WHERE coalesce(l.expires_at, o.lease_expires_at) < now() ORDER BY o.run_id LIMIT $1`,
    values: [limit],
  });
  return rows;
};
