import { execution } from '@orrery/contracts';
import type { Decision, Seat } from '../request.ts';
import type { LiveDecision, LiveSeat } from './facts.ts';
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

/** What the scheduler proposes for a request, as it is done to its runs. */
export const liveDecisionOf = (decision: Decision, members: readonly LiveRun[], beside: readonly Decision[]): readonly LiveDecision[] => {
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
    case 'preempt': {
      const placed = members.filter((run) => run.placed !== null).map(({ id }) => id);
      return [{ kind: 'preempt', runIds: placed, by: execution.RunId.parse(decision.by), reason: decision.reason }];
    }
    case 'reserve': {
      const { choice, at: startsAt } = decision;
      const seats = decision.seats.map((seat) => seatOf(seat, first, choice));
      const makesRoom = beside.some((other) => other.kind === 'preempt' && other.by === decision.request);
      return [{ kind: 'reserve', runId: first.id, startsAt, choice, seats, reason: makesRoom ? 'preemption' : 'head-of-queue' }];
    }
    case 'expire':
      return [{ kind: 'expire', runIds }];
  }
};
