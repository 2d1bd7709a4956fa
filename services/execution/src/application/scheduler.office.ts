import type { EventStore } from '@orrery/event-store';
import { comparePlaces, type Place } from '@orrery/kernel';
import type { Bus } from '@orrery/messaging';
import type { Term } from '@orrery/process';
import type { Log } from '@orrery/telemetry';
import type { Patience } from '../domain/leases/silence.ts';
import { type LiveMemory, LiveScheduler } from '../domain/scheduling/live/live-scheduler.ts';
import { DispatchRunner } from './dispatch.runner.ts';
import type { Household } from './household.ts';
import { LeasesRunner } from './leases.runner.ts';
import { LogFollower } from './log-follower.ts';
import { SchedulerRunner } from './scheduler.runner.ts';
import { beginConsultation } from './scheduling/consultation.ts';
import { lastMemory } from './scheduling/memories.ts';
import { MemoryRunner } from './scheduling/memory.runner.ts';
import { type LogFact, tellWhatMatters } from './scheduling/what-matters.ts';
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

interface Retelling {
  readonly store: EventStore;
  readonly log: Log;
  /** What the log holds before it, nobody will tell again. */
  readonly from: Place;
  readonly memory: MemoryRunner;
  readonly scheduler: SchedulerRunner;
  readonly live: LiveScheduler;
}

/** Whatever the terms before this one knew that still matters. */
const retell = async ({ store, log, from, memory, scheduler, live }: Retelling): Promise<void> => {
  const kept = await lastMemory(store.pool, log);
  const hear = (facts: readonly LogFact[]): void => {
    scheduler.hear(facts);
    memory.told(facts.filter(({ place }) => comparePlaces(place, from) <= 0));
  };
  const recall = (remembered: LiveMemory): void => {
    const node = live.recall(remembered);
    if (node !== null)
      log.error({ node }, 'what the last scheduler remembered does not agree with the log: fair shares are told by the log alone');
  };
  await tellWhatMatters(store, { hear, recall }, { kept });
};

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
    const from = await store.horizon();
    const memory = new MemoryRunner({ pool: store.pool, scheduler: live, fence, log }, from);
    const dispatch = new DispatchRunner({ ...parts, runs, pool: store.pool, leaseMs: patience.leaseMs, graceMs: () => live.graceMs });
    const scheduler = new SchedulerRunner({
      store,
      scheduler: live,
      runs,
      log,
      leaseMs: patience.leaseMs,
      fence,
      onNews: (fact) => memory.heard(fact),
      onPlaced: (placed) => dispatch.offer(placed),
      onPreempted: (runId) => dispatch.attend(runId),
    });
    const waiting = new WaitingRunner({ scheduler: live, runs });
    const leases = new LeasesRunner({ ...parts, pool: store.pool, bus, runs, workers });
    await retell({ store, log, from, memory, scheduler, live });
    await dispatch.resume();
    const hear = (facts: readonly LogFact[]): void => {
      scheduler.hear(facts);
      memory.followed(facts);
      dispatch.hear(facts);
    };
    const endConsultation = await beginConsultation({ bus, store, log, scheduler: live });
    const follower = new LogFollower({ store, databaseUrl: parts.databaseUrl, log, signal: either });
    const work = [
      follower.follow(from, (facts) => hear(facts as readonly LogFact[])),
      scheduler.run(either),
      dispatch.run(either),
      leases.run(either),
      waiting.run(either),
      memory.run(either),
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
