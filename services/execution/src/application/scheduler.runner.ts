import { epochOf, type execution, instantOf } from '@orrery/contracts';
import type { EventStore, Write } from '@orrery/event-store';
import { Bell, systemClock } from '@orrery/kernel';
import { type Log, metrics } from '@orrery/telemetry';
import { offerMs } from '../domain/leases/silence.ts';
import type { DataOf, RunEvent } from '../domain/run/run-facts.ts';
import type { LiveDecision, LiveFact } from '../domain/scheduling/live/facts.ts';
import type { LiveScheduler } from '../domain/scheduling/live/live-scheduler.ts';
import { allOf } from './all-of.ts';
import { ownContext } from './contexts.ts';
import { grantLease, proveTerm } from './machine-leases.ts';
import type { Runs } from './runs.ts';
import { grantTogether, nowInstant, type Outcome, type Part } from './scheduling/decided.ts';

export interface SchedulerParts {
  readonly store: EventStore;
  readonly scheduler: LiveScheduler;
  readonly runs: Runs;
  readonly log: Log;
  readonly leaseMs: number;
  /** The scheduler's term: what it decides is refused once a later term has begun. */
  readonly fence: bigint;
  /** Told of each fact that was news, in the order in which the scheduler heard of them. */
  readonly onNews: (fact: LiveFact) => void;
  /** Told of each placement as soon as it is a fact. */
  readonly onPlaced: (placed: DataOf<'RunPlaced'>) => void;
  /** Told of each run that gives its place back, likewise. */
  readonly onPreempted: (runId: execution.RunId) => void;
}

const service = 'execution';
/** Things decided at once; between rounds the facts that came meanwhile are heard. */
const roundLimit = 256;
/** Without news nothing can change; this only guards against a notice that was lost. */
const longestRestMs = 5_000;
/** After a round of which nothing became a fact: what stood against it may not have been heard of yet. */
const refusedRestMs = 100;

type Of<K extends LiveDecision['kind']> = Extract<LiveDecision, { kind: K }>;

/** Makes the scheduler's decisions facts. It is fed by whoever follows the log, and by what becomes a fact here. */
export class SchedulerRunner {
  private readonly parts: SchedulerParts;
  private readonly bell = new Bell();

  constructor(parts: SchedulerParts) {
    this.parts = parts;
  }

  hear(facts: readonly LiveFact[]): void {
    const { scheduler, onNews } = this.parts;
    for (const fact of facts) if (scheduler.apply(fact)) onNews(fact);
    this.bell.ring();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const now = systemClock.now();
      const decisions = this.decide(now);
      if (decisions.length === 0) {
        await this.rest(now, signal);
        continue;
      }
      const done = await allOf(decisions.map((decision) => this.perform(decision)));
      if (!done.includes(true)) await this.bell.wait(refusedRestMs, signal);
    }
  }

  private decide(now: number): readonly LiveDecision[] {
    const { scheduler } = this.parts;
    const began = performance.now();
    const decisions = scheduler.decide(now, roundLimit);
    const { waiting, open } = scheduler.load();
    const placements = decisions.filter(({ kind }) => kind === 'place').length;
    if (waiting > 0) metrics.placement.record((performance.now() - began) / 1_000 / Math.max(1, decisions.length), { service });
    metrics.queueLength.record(waiting - placements, { service });
    metrics.openWorkers.record(open, { service });
    return decisions;
  }

  /** Until something is due after the moment that was decided on, which may have come by now. */
  private async rest(decidedAt: number, signal: AbortSignal): Promise<void> {
    const dueAt = this.parts.scheduler.dueAt(decidedAt) ?? decidedAt + longestRestMs;
    await this.bell.wait(Math.min(longestRestMs, Math.max(1, dueAt - systemClock.now())), signal);
  }

  /** Whether something became a fact. */
  private async perform(decision: LiveDecision): Promise<boolean> {
    switch (decision.kind) {
      case 'place':
        return await this.place(decision);
      case 'preempt':
        return await this.preempt(decision);
      case 'reserve':
        return await this.reserve(decision);
      case 'expire':
        return await this.tellAll(decision.runIds, { type: 'Expire', at: nowInstant() });
      case 'end': {
        const { runIds, mode, reason, message } = decision;
        return await this.tellAll(runIds, { type: 'RequestEnd', mode, reason, message, by: `service:${service}`, at: nowInstant() });
      }
      case 'lose': {
        const { attempt, message } = decision;
        return await this.tellAll([attempt.runId], { type: 'LoseAttempt', ...attempt, reason: 'gpu-fault', message, at: nowInstant() });
      }
    }
  }

  private async place({ seats, choice, isBorrowed, reasons }: Of<'place'>): Promise<boolean> {
    const { leaseMs, onPlaced } = this.parts;
    const at = nowInstant();
    const parts = seats.map(
      ({ runId, workerId, gpuIndexes, mig }): Part => ({
        runId,
        command: { type: 'Place', workerId, gpuIndexes: [...gpuIndexes], mig, choice, isBorrowed, reasons, leaseMs, at },
      }),
    );
    const outcome = await this.grant('schedule', parts, (events) => events.flatMap((event) => this.leaseOf(event)));
    if (!outcome.isGranted) return false;
    for (const [index, { event }] of outcome.facts.entries()) {
      if (event.type !== 'RunPlaced') continue;
      metrics.placements.add(1, { service, outcome: 'placed' });
      const submitted = outcome.submitted[index];
      if (event.data.attempt === 1 && submitted) {
        metrics.queued.record((epochOf(event.data.at) - submitted.recordedAt.getTime()) / 1_000, { service });
      }
      onPlaced(event.data);
    }
    return true;
  }

  private async preempt({ runIds, reason, because }: Of<'preempt'>): Promise<boolean> {
    const parts = preemptionOf({ runIds, by: null, reason, because: because ?? null });
    const { isGranted } = await this.grant('preempt', parts, (events) => this.proofsOf(events));
    if (isGranted) this.tellPreempted(runIds, reason);
    return isGranted;
  }

  private async reserve({ runId, startsAt, choice, seats, reason, victims }: Of<'reserve'>): Promise<boolean> {
    const kept = seats.map(({ workerId, gpuIndexes, mig }) => ({ workerId, gpuIndexes: [...gpuIndexes], mig }));
    const reserve: Part = {
      runId,
      command: { type: 'Reserve', startsAt: instantOf(startsAt), choice, seats: kept, reason, at: nowInstant() },
    };
    const parts = [reserve, ...victims.flatMap((victim) => preemptionOf({ ...victim, by: runId }))];
    const { isGranted } = await this.grant('reserve', parts, (events) => this.proofsOf(events));
    if (!isGranted) return false;
    metrics.reservations.add(1, { service, reason });
    for (const victim of victims) this.tellPreempted(victim.runIds, victim.reason);
    return true;
  }

  private tellPreempted(runIds: readonly execution.RunId[], reason: execution.PreemptionReason): void {
    metrics.preemptions.add(runIds.length, { service, reason });
    for (const runId of runIds) this.parts.onPreempted(runId);
  }

  private async grant(name: string, parts: readonly Part[], writes: (events: readonly RunEvent[]) => readonly Write[]): Promise<Outcome> {
    const outcome = await grantTogether(this.parts.store, { name, parts, writes });
    this.hear(outcome.facts);
    return outcome;
  }

  /** Judged by the runs themselves, whoever says it and when: an older scheduler is no less right. */
  private async tellAll(runIds: readonly execution.RunId[], command: Parameters<Runs['tell']>[1]): Promise<boolean> {
    const handled = await Promise.all(runIds.map((runId) => this.parts.runs.tell(runId, command, ownContext({}))));
    return handled.some((each) => each.accepted && each.events.length > 0);
  }

  /** The machine counts its lease from when it accepts; it is offered the attempt at once, or after this lease was extended. */
  private leaseOf(event: RunEvent): readonly Write[] {
    if (event.type !== 'RunPlaced') return [];
    const { runId, epoch, workerId, leaseExpiresAt } = event.data;
    return [grantLease({ runId, epoch, workerId, expiresAt: instantOf(epochOf(leaseExpiresAt) + offerMs), term: this.parts.fence })];
  }

  private proofsOf(events: readonly RunEvent[]): readonly Write[] {
    return events.map(({ data }) => proveTerm(data.runId, this.parts.fence));
  }
}

interface Preemption {
  readonly runIds: readonly execution.RunId[];
  readonly by: execution.RunId | null;
  readonly reason: execution.PreemptionReason;
  readonly because?: string | null;
}

const preemptionOf = ({ runIds, by, reason, because = null }: Preemption): readonly Part[] => {
  const at = nowInstant();
  return runIds.map((runId) => ({ runId, command: { type: 'Preempt', by, reason, because, at } }));
};
