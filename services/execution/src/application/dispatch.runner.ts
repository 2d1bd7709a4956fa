import { execution, instantOf } from '@orrery/contracts';
import { Errands, type Step, systemClock } from '@orrery/kernel';
import { type Bus, DeadlineExceeded, ServiceUnavailable } from '@orrery/messaging';
import { type Log, metrics, withSpan } from '@orrery/telemetry';
import type pg from 'pg';
import { offerMs } from '../domain/leases/silence.ts';
import type { ExecutionFact } from '../views/kinds.ts';
import { ownContext } from './contexts.ts';
import { acknowledgeLease, extendLease } from './machine-leases.ts';
import { type DueAttempt, dueAttempt, dueRuns } from './open-attempt.ts';
import { unpacked } from './programs.ts';
import type { Runs } from './runs.ts';

export interface DispatchParts {
  readonly pool: pg.Pool;
  readonly bus: Bus;
  readonly runs: Runs;
  readonly log: Log;
  readonly leaseMs: number;
  /** What the organization wants its programs to find in their environment. */
  readonly envOf: (orgId: string) => Promise<Readonly<Record<string, string>>>;
  /** From the first signal to the last: a rule of the cluster, as it is now. */
  readonly graceMs: () => number;
}

const asksAtOnce = 64;
const backOff = { firstMs: 50, longestMs: 5_000 };
/** Longer than this no agent waits. */
const mostGraceSeconds = 600;
const maxOutputBytes = 64 * 1_048_576;

const refOf = ({ runId, attempt, epoch }: execution.AttemptRef): execution.AttemptRef => ({ runId, attempt, epoch });
const keyOf = ({ runId, epoch }: Pick<execution.AttemptRef, 'runId' | 'epoch'>): string => `${runId} ${epoch}`;
/** What a member of a gang finds of itself in its environment. */
const gangEnvOf = (gang: execution.Gang | null): Readonly<Record<string, string>> =>
  gang === null ? {} : { ORRERY_GANG_ID: gang.id, ORRERY_GANG_RANK: String(gang.rank), ORRERY_GANG_SIZE: String(gang.size) };

const isAway = (error: unknown): boolean => error instanceof ServiceUnavailable || error instanceof DeadlineExceeded;

/**
 * Tells machines what to start and what to end, until they have it or the attempt is over. It keeps nothing: what is due is read
 * from the tables, so that any process can go on where another died.
 */
export class DispatchRunner {
  private readonly parts: DispatchParts;
  private readonly errands: Errands<execution.RunId>;
  /** Attempts of this term that certainly nobody heard of: their machines were never there to be asked. */
  private readonly unheard = new Set<string>();

  constructor(parts: DispatchParts) {
    this.parts = parts;
    const failed = (error: unknown): void => this.warn(error, 'could not tell a machine what to do');
    this.errands = new Errands({ step: (runId) => this.step(runId), failed, backOff, width: asksAtOnce });
  }

  hear(facts: readonly ExecutionFact[]): void {
    for (const { event } of facts) {
      if (event.type === 'RunEndRequested' || event.type === 'RunPreempted') this.attend(event.data.runId);
      if (event.type === 'WorkerReturned' || event.type === 'WorkerLost') {
        void this.resume(event.data.workerId).catch((err: unknown) => this.warn(err, 'could not look at what a machine was to do'));
      }
    }
  }

  /** Placed just now, in this term: nobody can have been told of it before. */
  offer({ runId, epoch }: Pick<execution.AttemptRef, 'runId' | 'epoch'>): void {
    this.unheard.add(keyOf({ runId, epoch }));
    this.attend(runId);
  }

  /** Takes up what is due, of one machine or of all. */
  async resume(workerId?: string): Promise<void> {
    for (const runId of await dueRuns(this.parts.pool, workerId)) this.attend(runId);
  }

  /** Resolves at the signal, when nothing is under way any more. */
  async run(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      if (signal.aborted) return resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    // Each is at most one request from its end.
    await this.errands.stop();
  }

  /** Something is due for this run. */
  attend(runId: execution.RunId): void {
    this.errands.attend(runId);
  }

  private async step(runId: execution.RunId): Promise<Step> {
    const due = await dueAttempt(this.parts.pool, runId);
    if (!due) return 'done';
    const isUnheard = this.unheard.has(keyOf(due));
    if (due.endMode !== null && isUnheard) return await this.lose(due, 'it was asked to end before its machine heard of it', true);
    // A lost machine hears nothing: its return, or the end of the lease, goes on from here; unless it never heard of it at all.
    if (due.isWorkerLost) return isUnheard ? await this.lose(due, 'its machine was not there', true) : 'done';
    const { orgId, traceparent, workerId } = due;
    const settings = { parent: traceparent ?? undefined, orgId, attributes: { 'orrery.run_id': runId, 'orrery.worker_id': workerId } };
    if (due.endMode !== null) return await withSpan('end attempt', settings, () => this.end(due));
    return due.isAcknowledged ? 'done' : await withSpan('dispatch', settings, () => this.start(due));
  }

  private async start(due: DueAttempt): Promise<Step> {
    const { pool, bus, leaseMs } = this.parts;
    if (due.bundle === null) return await this.lose(due, 'the program is no longer kept', false);
    if (due.leftMs < leaseMs + offerMs / 2) await extendLease(pool, due, leaseMs + offerMs);
    const context = ownContext({ orgId: due.orgId, ...(due.traceparent ? { traceparent: due.traceparent } : {}) });
    const key = keyOf(due);
    const isUnheard = this.unheard.delete(key);
    try {
      const outcome = await bus.ask(execution.StartAttempt, { spec: await this.specOf(due, due.bundle) }, context, { agent: due.workerId });
      if (outcome.accepted) {
        await acknowledgeLease(pool, due);
        return 'done';
      }
      const { code, details } = outcome.rejection;
      if (code === 'Overloaded') return 'again';
      return await this.lose(
        due,
        `the machine refused the start: ${code} ${JSON.stringify(details)}`.slice(0, 500),
        code !== 'PayloadTooLarge',
      );
    } catch (error) {
      if (isUnheard && error instanceof ServiceUnavailable && error.reason === 'no-responders') this.unheard.add(key);
      if (isAway(error)) return 'again';
      throw error;
    }
  }

  private async specOf(due: DueAttempt, bundle: string): Promise<execution.AttemptSpec> {
    const { orgId, resources, gpuIndexes, mig, weights, timeoutSeconds, traceparent } = due;
    const { code, files } = await unpacked(bundle);
    return {
      ...refOf(due),
      orgId,
      resources,
      gpuIndexes,
      mig,
      ...(weights === null ? {} : { weights }),
      runtime: 'process',
      program: { language: 'python', code, fileName: due.fileName ?? 'main.py', files },
      env: { ...(await this.parts.envOf(orgId)), ...gangEnvOf(due.gang) },
      timeoutSeconds,
      graceSeconds: Math.min(mostGraceSeconds, Math.ceil(this.parts.graceMs() / 1_000)),
      maxOutputBytes,
      leaseExpiresAt: instantOf(systemClock.now() + this.parts.leaseMs),
      ...(traceparent ? { traceparent } : {}),
    };
  }

  private async end(due: DueAttempt): Promise<Step> {
    const { endMode: mode, endReason } = due;
    if (mode === null) return 'done';
    const context = ownContext({ orgId: due.orgId, ...(due.traceparent ? { traceparent: due.traceparent } : {}) });
    const wish = { ...refOf(due), mode, reason: endReason ?? 'stopped' };
    try {
      const outcome = await this.parts.bus.ask(execution.EndAttempt, wish, context, { agent: due.workerId });
      if (outcome.accepted) return 'done';
      if (outcome.rejection.code !== 'AttemptUnknown') return 'again';
      return await this.lose(due, 'the machine does not hold it', true);
    } catch (error) {
      if (isAway(error)) return 'again';
      throw error;
    }
  }

  /** Nothing runs there: whatever the run itself makes of that. */
  private async lose(due: DueAttempt, message: string, isRetryable: boolean): Promise<Step> {
    const at = instantOf(systemClock.now());
    this.unheard.delete(keyOf(due));
    const told = { ...refOf(due), workerId: due.workerId, receivedAt: at, at, message, isRetryable };
    const context = ownContext(due.traceparent ? { traceparent: due.traceparent } : {});
    await this.parts.runs.tell(due.runId, { type: 'ReportRefused', ...told }, context);
    metrics.placements.add(1, { service: 'execution', outcome: 'refused' });
    return 'done';
  }

  private warn(err: unknown, what: string): void {
    this.parts.log.warn({ err }, what);
  }
}
