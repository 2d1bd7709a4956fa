import type { EventStore } from '@orrery/event-store';
import type { Bus } from '@orrery/messaging';
import type { Term } from '@orrery/process';
import type { Log } from '@orrery/telemetry';
import type { Patience } from '../domain/leases/silence.ts';
import { LiveScheduler } from '../domain/scheduling/live/live-scheduler.ts';
import type { ExecutionFact } from '../views/kinds.ts';
import { DispatchRunner } from './dispatch.runner.ts';
import type { Household } from './household.ts';
import { LeasesRunner } from './leases.runner.ts';
import { LogFollower } from './log-follower.ts';
import { SchedulerRunner } from './scheduler.runner.ts';
import { beginConsultation } from './scheduling/consultation.ts';
import { tellWhatMatters } from './scheduling/what-matters.ts';
import { WaitingRunner } from './waiting.runner.ts';

/** The one name under which processes stand for the office; the table of leases knows it too. */
export const schedulerOffice = 'scheduler';

export interface OfficeParts {
  readonly store: EventStore;
  readonly databaseUrl: string;
  readonly bus: Bus;
  readonly household: Household;
  readonly log: Log;
  readonly patience: Patience;
  readonly waitingMs: number;
  readonly programDays: number;
  readonly envOf: (orgId: string) => Promise<Readonly<Record<string, string>>>;
}

/**
 * One term of the one active scheduler. Everything it knows it has from the log and the tables, so a term can end anywhere: at a
 * fault of any part all of it ends, and the next term, here or in another process, goes on.
 */
export const serveTerm =
  (parts: OfficeParts) =>
  async ({ fence, signal }: Term): Promise<void> => {
    const { store, bus, household, log, patience } = parts;
    const { runs, workers } = household;
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal]);
    const live = new LiveScheduler();
    const dispatch = new DispatchRunner({ ...parts, runs, pool: store.pool, leaseMs: patience.leaseMs, graceMs: () => live.graceMs });
    const scheduler = new SchedulerRunner({
      store,
      scheduler: live,
      runs,
      log,
      leaseMs: patience.leaseMs,
      fence,
      onPlaced: (placed) => dispatch.offer(placed),
      onPreempted: (runId) => dispatch.attend(runId),
    });
    const waiting = new WaitingRunner({ scheduler: live, runs });
    const leases = new LeasesRunner({ ...parts, pool: store.pool, bus, runs, workers });
    const from = await store.horizon();
    await tellWhatMatters(store, (facts) => scheduler.hear(facts));
    await dispatch.resume();
    const hear = (facts: readonly ExecutionFact[]): void => {
      scheduler.hear(facts);
      dispatch.hear(facts);
    };
    const endConsultation = await beginConsultation({ bus, store, log, scheduler: live });
    const follower = new LogFollower({ store, databaseUrl: parts.databaseUrl, log, signal: either });
    const work = [
      follower.follow(from, (facts) => hear(facts as readonly ExecutionFact[])),
      scheduler.run(either),
      dispatch.run(either),
      leases.run(either),
      waiting.run(either),
    ];
    const leave = household.listen({ submitted: (fact) => scheduler.hear([fact]), endRequested: (runId) => dispatch.attend(runId) });
    try {
      await Promise.all(work);
    } finally {
      leave();
      failed.abort();
      await Promise.allSettled([...work, endConsultation()]);
    }
  };
