import { execution, instantOf, type OutputOf } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import type { Log } from '@orrery/telemetry';
import type pg from 'pg';
import { type InventoryItem, type Reconciliation, reconcile, strangers } from '../domain/leases/reconcile.ts';
import { type Patience, settlingMs } from '../domain/leases/silence.ts';
import { ownContext } from './contexts.ts';
import { endedLately, type HeldAttempt, openOn, renewLeases } from './machine-leases.ts';
import type { Runs } from './runs.ts';
import type { Workers } from './workers.ts';

export interface BeatParts {
  readonly pool: pg.Pool;
  readonly runs: Runs;
  readonly workers: Workers;
  readonly log: Log;
  readonly patience: Patience;
}

export interface Beat {
  readonly workerId: execution.WorkerId;
  readonly facts?: execution.WorkerFacts | undefined;
  readonly attempts: readonly InventoryItem[];
}

/** `unknown`: no machine of that id has joined. */
export type BeatAnswer = OutputOf<typeof execution.BeatWorker> | 'unknown';

interface Waiting {
  readonly beat: Beat;
  readonly resolve: (answer: BeatAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** A thousand machines beat two hundred times a second: together they cost a few statements, apart they would cost hundreds. */
const windowMs = 40;
const maxBatch = 1_000;

/** Hears heartbeats, several at a time. They are rows, not events; what follows from them may be. */
export class Beats {
  private readonly parts: BeatParts;
  private waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(parts: BeatParts) {
    this.parts = parts;
  }

  hear(beat: Beat): Promise<BeatAnswer> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ beat, resolve, reject });
      if (this.waiting.length >= maxBatch) this.flush();
      else this.timer ??= setTimeout(() => this.flush(), windowMs);
    });
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const batch = this.waiting;
    this.waiting = [];
    this.answer(batch.map(({ beat }) => beat)).then(
      (answers) => {
        for (const [index, { resolve }] of batch.entries()) resolve(answers[index] ?? 'unknown');
      },
      (error: unknown) => {
        for (const { reject } of batch) reject(error);
      },
    );
  }

  private async answer(beats: readonly Beat[]): Promise<readonly BeatAnswer[]> {
    const { pool, patience } = this.parts;
    const known = await this.note(beats);
    await Promise.all(beats.map((beat) => this.listen(beat, known.get(beat.workerId))));
    const open = byWorker(await openOn(pool, [...known.keys()]));
    const unclaimed = beats.flatMap(({ workerId, attempts }) => strangers(attempts, open.get(workerId) ?? []));
    const justEnded = await endedLately(pool, unclaimed, settlingMs(patience));
    const judged = beats.map(({ workerId, attempts }) => reconcile(attempts, { open: open.get(workerId) ?? [], justEnded }, patience));
    await renewLeases(
      pool,
      { renewed: judged.flatMap(({ renewed }) => renewed), missing: judged.flatMap(({ missing }) => missing) },
      patience.leaseMs,
    );
    await Promise.all(judged.flatMap(({ lost }) => lost).map((ref) => this.lose(ref)));
    const leaseExpiresAt = instantOf(systemClock.now() + patience.leaseMs);
    return beats.map(({ workerId }, index) => (known.has(workerId) ? answerOf(judged[index], leaseExpiresAt) : 'unknown'));
  }

  /** Which of them have joined, and whether we thought them lost. */
  private async note(beats: readonly Beat[]): Promise<ReadonlyMap<string, { readonly isLost: boolean }>> {
    const { rows } = await this.parts.pool.query<{ id: string; isLost: boolean }>({
      name: 'note-beats',
      text: `WITH heard AS (SELECT id, is_lost FROM workers WHERE id = ANY($1::uuid[]) AND removed_at IS NULL ORDER BY id), noted AS (
          INSERT INTO worker_beats (worker_id, last_seen_at) SELECT id, now() FROM heard
          ON CONFLICT (worker_id) DO UPDATE SET last_seen_at = excluded.last_seen_at)
        SELECT id, is_lost AS "isLost" FROM heard`,
      values: [[...new Set(beats.map(({ workerId }) => workerId))]],
    });
    return new Map(rows.map(({ id, isLost }) => [id, { isLost }]));
  }

  /** Only what is news becomes a fact: that it is back, or that it has other parts than before. */
  private async listen({ workerId, facts }: Beat, known: { readonly isLost: boolean } | undefined): Promise<void> {
    if (!known || (!known.isLost && facts === undefined)) return;
    await this.parts.workers.tell(workerId, { type: 'Hear', workerId, facts, at: instantOf(systemClock.now()) }, ownContext({}));
  }

  private async lose(ref: execution.AttemptRef): Promise<void> {
    this.parts.log.warn({ runId: ref.runId, attempt: ref.attempt }, 'a machine no longer holds an attempt');
    const loss = { reason: 'worker-lost', message: 'its machine no longer holds it' } as const;
    await this.parts.runs.tell(ref.runId, { type: 'LoseAttempt', ...ref, ...loss, at: instantOf(systemClock.now()) }, ownContext({}));
  }
}

const byWorker = (attempts: readonly HeldAttempt[]): ReadonlyMap<string, readonly HeldAttempt[]> => {
  const groups = new Map<string, HeldAttempt[]>();
  for (const attempt of attempts) {
    const group = groups.get(attempt.workerId) ?? [];
    groups.set(attempt.workerId, group);
    group.push(attempt);
  }
  return groups;
};

const answerOf = (judged: Reconciliation | undefined, leaseExpiresAt: string): BeatAnswer => ({
  leaseExpiresAt,
  kill: [...(judged?.kill ?? [])],
  end: [...(judged?.end ?? [])],
});
