import { epochOf, instantOf } from '@orrery/contracts';
import type { Fact } from '@orrery/event-store';
import { type EventStore, VersionConflict } from '@orrery/event-store';
import { Bell, fold, type Recorded, systemClock } from '@orrery/kernel';
import { TermOver } from '@orrery/process';
import { type Log, metrics, traceparentNow, withSpan } from '@orrery/telemetry';
import pg from 'pg';
import { offerMs } from '../domain/leases/silence.ts';
import { Run } from '../domain/run/run.ts';
import { type DataOf, type RunEvent, runStream } from '../domain/run/run-facts.ts';
import type { Engine, EngineFact, Placement } from '../domain/scheduling/engine.ts';
import type { ExecutionFact } from '../views/kinds.ts';
import { grantLease, termConstraint } from './machine-leases.ts';

export interface SchedulerParts {
  readonly store: EventStore;
  readonly engine: Engine;
  readonly log: Log;
  readonly leaseMs: number;
  /** The scheduler's term: what it places is refused once a later term has begun. */
  readonly fence: bigint;
  /** Told of each placement as soon as it is a fact. */
  readonly onPlaced: (placed: DataOf<'RunPlaced'>) => void;
}

const service = 'execution';
/** Placements decided at once; between rounds the facts that came meanwhile are heard. */
const roundLimit = 256;
/** Without news the picture cannot change; this only guards against a notice that was lost. */
const longestRestMs = 5_000;

/** Makes the engine's decisions facts. The engine is fed by whoever follows the log, and by what is placed here. */
export class SchedulerRunner {
  private readonly parts: SchedulerParts;
  private readonly bell = new Bell();

  constructor(parts: SchedulerParts) {
    this.parts = parts;
  }

  hear(facts: readonly EngineFact[]): void {
    for (const fact of facts) this.parts.engine.apply(fact);
    this.bell.ring();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const placements = this.decide();
      if (placements.length > 0) await Promise.all(placements.map((placement) => this.place(placement)));
      else await this.rest(signal);
    }
  }

  private decide(): readonly Placement[] {
    const { engine } = this.parts;
    const began = performance.now();
    const placements = engine.decide(systemClock.now(), roundLimit);
    const { waiting, open } = engine.load();
    if (waiting > 0) metrics.placement.record((performance.now() - began) / 1_000 / Math.max(1, placements.length), { service });
    metrics.queueLength.record(waiting - placements.length, { service });
    metrics.openWorkers.record(open, { service });
    return placements;
  }

  private async rest(signal: AbortSignal): Promise<void> {
    const now = systemClock.now();
    const dueAt = this.parts.engine.dueAt(now) ?? now + longestRestMs;
    await this.bell.wait(Math.min(longestRestMs, Math.max(1, dueAt - now)), signal);
  }

  /** Judged once more by the run itself: it may have ended since, or have been placed by another. */
  private async place(placement: Placement): Promise<void> {
    const { events, version } = await this.parts.store.load<RunEvent>(runStream(placement.runId));
    const [submitted] = events;
    if (submitted?.event.type !== 'RunSubmitted') return;
    const { orgId, traceparent } = submitted.metadata;
    await withSpan('schedule', { parent: traceparent, orgId, attributes: { 'orrery.run_id': placement.runId } }, async () => {
      const decision = Run.decide(
        {
          type: 'Place',
          ...placement,
          gpuIndexes: [...placement.gpuIndexes],
          mig: null,
          choice: 0,
          isBorrowed: true,
          leaseMs: this.parts.leaseMs,
          at: instantOf(systemClock.now()),
        },
        fold(
          Run,
          events.map(({ event }) => event),
        ),
      );
      const placed = decision.accepted ? decision.events.find((event) => event.type === 'RunPlaced') : undefined;
      if (placed) await this.commit(placed, submitted, version);
      else this.hear(events);
    });
  }

  private async commit(placed: Extract<RunEvent, { type: 'RunPlaced' }>, submitted: Recorded<RunEvent>, version: number): Promise<void> {
    const { store, fence: term, onPlaced } = this.parts;
    const stream = runStream(placed.data.runId);
    const { correlationId, orgId } = submitted.metadata;
    const traceparent = traceparentNow();
    try {
      const { facts } = await store.commit({
        appends: [{ stream, expected: version, events: [placed] }],
        writes: [grantLease({ ...leaseOf(placed.data), term })],
        metadata: {
          correlationId,
          causationId: submitted.id,
          actor: `service:${service}`,
          ...(orgId === undefined ? {} : { orgId }),
          ...(traceparent === undefined ? {} : { traceparent }),
        },
      });
      this.tell(facts, placed.data, submitted);
      onPlaced(placed.data);
    } catch (error) {
      if (error instanceof VersionConflict) {
        // Something happened to it meanwhile: look at it again.
        this.hear((await store.load<RunEvent>(stream)).events);
        return;
      }
      if (error instanceof pg.DatabaseError && error.constraint === termConstraint) throw new TermOver(error.message, { cause: error });
      throw error;
    }
  }

  private tell(facts: readonly Fact[], placed: DataOf<'RunPlaced'>, submitted: Recorded<RunEvent>): void {
    metrics.placements.add(1, { service, outcome: 'placed' });
    if (placed.attempt === 1) metrics.queued.record((epochOf(placed.at) - submitted.recordedAt.getTime()) / 1_000, { service });
    // What was committed is what was given: a placement.
    this.hear(facts as readonly ExecutionFact[]);
  }
}

/** The machine counts its lease from when it accepts; it is offered the attempt at once, or after this lease was extended. */
const leaseOf = ({ runId, epoch, workerId, leaseExpiresAt }: DataOf<'RunPlaced'>) => ({
  runId,
  epoch,
  workerId,
  expiresAt: instantOf(epochOf(leaseExpiresAt) + offerMs),
});
