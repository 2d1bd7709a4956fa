import { epochOf, execution } from '@orrery/contracts';
import type { RunEvent } from '../../run/run-facts.ts';
import type { WorkerEvent } from '../../worker.ts';
import type { PreemptionReason } from '../request.ts';
import type { RulesEvent } from '../rules/rules.ts';

/** A fact as the scheduler needs it: which entity, which step of it, and what happened. */
export interface LiveFact {
  readonly stream: string;
  readonly version: number;
  readonly event: execution.ExecutionEvent;
}

/** Where a run goes. */
export interface LiveSeat {
  readonly runId: execution.RunId;
  readonly workerId: execution.WorkerId;
  readonly gpuIndexes: readonly number[];
  readonly mig: execution.MigSlice | null;
}

/** A request whose place is taken. */
export interface Victim {
  readonly runIds: readonly execution.RunId[];
  readonly reason: PreemptionReason;
}

/** What should become facts. It counts when the scheduler hears of it; until then it is proposed again. */
export type LiveDecision =
  | {
      readonly kind: 'place';
      /** All of them in one commit, or none. */
      readonly seats: readonly LiveSeat[];
      readonly choice: number;
      readonly isBorrowed: boolean;
      readonly reasons: { readonly policy: string; readonly candidates: number; readonly score: number };
    }
  | {
      readonly kind: 'preempt';
      readonly runIds: readonly execution.RunId[];
      readonly reason: 'drain' | 'gang';
      /** Where the reason alone says too little. */
      readonly because?: string;
    }
  | {
      readonly kind: 'reserve';
      readonly runId: execution.RunId;
      readonly startsAt: number;
      readonly choice: number;
      readonly seats: readonly Omit<LiveSeat, 'runId'>[];
      readonly reason: 'head-of-queue' | 'preemption';
      /** Who makes room for it. In one commit with what is kept, or it would wait for a room that nobody was told to make. */
      readonly victims: readonly Victim[];
    }
  | { readonly kind: 'expire'; readonly runIds: readonly execution.RunId[] }
  /** The others of its gang share the fate of one. */
  | {
      readonly kind: 'end';
      readonly runIds: readonly execution.RunId[];
      readonly mode: execution.EndMode;
      readonly reason: execution.EndReason;
      /** Which member it was, and how it ended; null where the reason says all. */
      readonly message: string | null;
    }
  /** A GPU that it holds broke. */
  | { readonly kind: 'lose'; readonly attempt: execution.AttemptRef; readonly message: string };

export const isOfRun = (event: execution.ExecutionEvent): event is RunEvent => 'runId' in event.data;
export const isOfRules = (event: execution.ExecutionEvent): event is RulesEvent => event.type in execution.SchedulingEvents;
export const isOfWorker = (event: execution.ExecutionEvent): event is WorkerEvent => 'workerId' in event.data;

/** When it happened, by its own words. */
export const timeOf = ({ data }: RunEvent): number => {
  if ('at' in data) return epochOf(data.at);
  return epochOf('endedAt' in data ? data.endedAt : data.startedAt);
};
