import { type execution, instantOf } from '@orrery/contracts';
import { repeat, systemClock } from '@orrery/kernel';
import type { Bus } from '@orrery/messaging';
import { type Log, metrics } from '@orrery/telemetry';
import type pg from 'pg';
import { isExpired, isSilent, type Patience } from '../domain/leases/silence.ts';
import { ownContext } from './contexts.ts';
import { Hearing } from './hearing.ts';
import { overdueAttempts } from './machine-leases.ts';
import { forgetPrograms } from './programs.ts';
import type { Runs } from './runs.ts';
import type { Workers } from './workers.ts';

export interface LeaseParts {
  readonly pool: pg.Pool;
  readonly bus: Bus;
  readonly runs: Runs;
  readonly workers: Workers;
  readonly log: Log;
  readonly patience: Patience;
  readonly waitingMs: number;
  readonly programDays: number;
}

const tickMs = 1_000;
const longestGapMs = 5_000;
const atOnce = 200;
const gaugeTicks = 10;
const waitingTicks = 30;
const programTicks = 600;

interface Silent {
  readonly id: execution.WorkerId;
  readonly lastSeenAt: Date;
  readonly silentForMs: number;
}

/** What time alone brings about: machines fall silent, leases end, runs wait in vain, programs grow old. All of it is rows. */
export class LeasesRunner {
  private readonly parts: LeaseParts;
  private readonly hearing = new Hearing(longestGapMs);

  constructor(parts: LeaseParts) {
    this.parts = parts;
  }

  async run(signal: AbortSignal): Promise<void> {
    let tick = 0;
    // A fault ends the term: the next one begins with a connection of its own.
    await repeat(() => this.look(tick++), { everyMs: tickMs, signal });
  }

  private async look(tick: number): Promise<void> {
    const listenedForMs = this.hearing.tick(this.parts.bus.isConnected);
    await this.endLeases(listenedForMs);
    await this.loseSilent(listenedForMs);
    if (tick % gaugeTicks === 0) await this.gauge();
    if (tick % waitingTicks === 0) await this.giveUp();
    if (tick % programTicks === programTicks - 1) await forgetPrograms(this.parts.pool, this.parts.programDays);
  }

  private async endLeases(listenedForMs: number): Promise<void> {
    const { pool, runs, patience, log } = this.parts;
    const overdue = await overdueAttempts(pool, atOnce);
    const expired = overdue.filter(({ overdueMs }) => isExpired(overdueMs, listenedForMs, patience));
    await Promise.all(
      expired.map(async ({ runId, attempt, epoch, workerId }) => {
        log.warn({ runId, attempt, workerId }, 'the lease of an attempt has ended');
        const loss = { reason: 'lease-lost', message: 'its machine was not heard until its lease ended' } as const;
        await runs.tell(runId, { type: 'LoseAttempt', runId, attempt, epoch, ...loss, at: instantOf(systemClock.now()) }, ownContext({}));
      }),
    );
  }

  private async loseSilent(listenedForMs: number): Promise<void> {
    const { pool, workers, patience, log } = this.parts;
    const { rows } = await pool.query<Silent>({
      name: 'silent-workers',
      text: `SELECT * FROM (
          SELECT w.id, coalesce(b.last_seen_at, w.joined_at) AS "lastSeenAt",
            extract(epoch FROM now() - coalesce(b.last_seen_at, w.joined_at))::float8 * 1000 AS "silentForMs"
          FROM workers w LEFT JOIN worker_beats b ON b.worker_id = w.id WHERE NOT w.is_lost) s
        WHERE s."silentForMs" > $1 ORDER BY s.id LIMIT ${atOnce}`,
      values: [patience.silenceMs],
    });
    const silent = rows.filter(({ silentForMs }) => isSilent(silentForMs, listenedForMs, patience));
    await Promise.all(
      silent.map(async ({ id, lastSeenAt }) => {
        log.warn({ workerId: id }, 'a machine has fallen silent');
        const at = instantOf(systemClock.now());
        await workers.tell(id, { type: 'Lose', workerId: id, lastSeenAt: lastSeenAt.toISOString(), at }, ownContext({}));
      }),
    );
  }

  /**
   * A run that no machine could ever have taken for so long is failed, so that its owner need not wait for ever. Whoever waits for its
   * turn is not: its turn comes.
   */
  private async giveUp(): Promise<void> {
    const { pool, runs, waitingMs } = this.parts;
    const { rows } = await pool.query<{ id: execution.RunId }>({
      name: 'waited-too-long',
      text: `SELECT id FROM run_list WHERE status = 'pending' AND waits_since < now() - make_interval(secs => $1::float8 / 1000)
          AND waiting->>'reason' IN ('no-machine', 'machine-away', 'closed')
          AND (waiting->>'since')::timestamptz < now() - make_interval(secs => $1::float8 / 1000)
        ORDER BY id LIMIT ${atOnce}`,
      values: [waitingMs],
    });
    const message = `no machine could take it within ${Math.round(waitingMs / 1_000)} s`;
    await Promise.all(rows.map(({ id }) => runs.tell(id, { type: 'GiveUp', message, at: instantOf(systemClock.now()) }, ownContext({}))));
  }

  private async gauge(): Promise<void> {
    const { rows } = await this.parts.pool.query<{ status: string; runs: number }>(
      `SELECT s.status, count(r.id)::int AS runs FROM unnest(ARRAY['pending', 'starting', 'running']) AS s(status)
       LEFT JOIN run_list r ON r.status = s.status GROUP BY s.status`,
    );
    for (const { status, runs } of rows) metrics.runs.record(runs, { service: 'execution', status });
    const workers = await this.parts.pool.query<{ state: string; workers: number }>(
      `SELECT s.state, count(w.id)::int AS workers FROM unnest(ARRAY['online', 'offline', 'cordoned']) AS s(state)
       LEFT JOIN workers w ON w.removed_at IS NULL AND s.state = CASE WHEN w.is_lost THEN 'offline' WHEN w.is_cordoned THEN 'cordoned' ELSE 'online' END
       GROUP BY s.state`,
    );
    for (const row of workers.rows) metrics.workers.record(row.workers, { service: 'execution', state: row.state });
  }
}
