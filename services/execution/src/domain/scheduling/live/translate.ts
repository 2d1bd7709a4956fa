import { execution } from '@orrery/contracts';
import type { Decision, Seat } from '../request.ts';
import type { LiveDecision, LiveSeat, Victim } from './facts.ts';
import type { LiveRun } from './run.ts';

/** Where a seat is, in the words of facts. */
const seatOf = ({ machine, gpus, slice }: Seat, { submission }: LiveRun, choice: number): Omit<LiveSeat, 'runId'> => {
  const profile = submission.request.choices[choice]?.resources.mig;
  return {
    workerId: execution.WorkerId.parse(machine),
    gpuIndexes: gpus,
    mig: profile === undefined ? null : { profile, start: slice ?? null },
  };
};

/** Runs of a request, by rank. */
type MembersOf = (request: string) => readonly LiveRun[];

/** Who makes way for a request. */
const victimsOf = (request: string, decisions: readonly Decision[], membersOf: MembersOf): readonly Victim[] =>
  decisions.flatMap((each) => {
    if (each.kind !== 'preempt' || each.by !== request) return [];
    const placed = membersOf(each.request).filter((run) => run.placed !== null);
    return [{ runIds: placed.map(({ id }) => id), reason: each.reason }];
  });

/** What the scheduler proposes for a request, as it is done to its runs. */
const liveDecisionOf = (decision: Decision, decisions: readonly Decision[], membersOf: MembersOf): readonly LiveDecision[] => {
  const members = membersOf(decision.request);
  const runIds = members.map(({ id }) => id);
  const [first] = members;
  if (!first) return [];
  switch (decision.kind) {
    case 'place': {
      const { choice, isBorrowed, reasons } = decision;
      const seats = decision.seats.flatMap((seat, rank) => {
        const run = members[rank];
        return run ? [{ runId: run.id, ...seatOf(seat, run, choice) }] : [];
      });
      return [{ kind: 'place', seats, choice, isBorrowed, reasons }];
    }
    case 'preempt':
      // With the reservation of whom they make way for.
      return [];
    case 'reserve': {
      const { choice, at: startsAt } = decision;
      const seats = decision.seats.map((seat) => seatOf(seat, first, choice));
      const victims = victimsOf(decision.request, decisions, membersOf);
      const reason = victims.length > 0 ? 'preemption' : 'head-of-queue';
      return [{ kind: 'reserve', runId: first.id, startsAt, choice, seats, reason, victims }];
    }
    case 'expire':
      return [{ kind: 'expire', runIds }];
  }
};

/** What the scheduler proposes, each in the words of facts. */
export const liveDecisionsOf = (decisions: readonly Decision[], membersOf: MembersOf): readonly LiveDecision[] =>
  decisions.flatMap((decision) => liveDecisionOf(decision, decisions, membersOf));
