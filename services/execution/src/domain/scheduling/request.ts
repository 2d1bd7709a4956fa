import type { Need } from './placement/need.ts';

/** What a request asks for. */
export interface Ask {
  /** Members of the gang, all placed or none, each on a machine of its own unless they want to be near each other on one. 1: no gang. */
  readonly nodes: number;
  /** What each member needs; any will do, the first that has room is taken. At least one. */
  readonly choices: readonly Need[];
}

/** A workload that waits for machines, or has them. Times in milliseconds since the epoch. */
export interface Request {
  readonly id: string;
  /** Leaf of the quota tree: `org`, or `org/project`. */
  readonly queue: string;
  readonly ask: Ask;
  /** Of its priority class; 0 is normal. */
  readonly rank: number;
  readonly isPreemptible: boolean;
  /** It is ended after so long. */
  readonly limitMs: number;
  /** When it has to have ended; null: whenever. */
  readonly deadlineAt: number | null;
  readonly submittedAt: number;
}

/** Where a member of a request is, or should be. */
export interface Seat {
  readonly machine: string;
  /** Indexes of the GPUs, lowest first. */
  readonly gpus: readonly number[];
  /** Of a GPU in MIG mode: the memory slice that its slice begins at. */
  readonly slice?: number;
}

export type PreemptionReason = 'reclaim' | 'higher-level' | 'own-org';

/** What a scheduler proposes. It counts when it has become a fact and was told back. */
export type Decision =
  | {
      readonly kind: 'place';
      readonly request: string;
      /** Which of its choices. */
      readonly choice: number;
      /** One for each member, in their order. */
      readonly seats: readonly Seat[];
      readonly reasons: { readonly policy: string; readonly candidates: number; readonly score: number };
      /** More than its queue is guaranteed: others may reclaim it. */
      readonly isBorrowed: boolean;
    }
  | { readonly kind: 'preempt'; readonly request: string; readonly by: string; readonly reason: PreemptionReason }
  | { readonly kind: 'reserve'; readonly request: string; readonly at: number; readonly choice: number; readonly seats: readonly Seat[] }
  | { readonly kind: 'expire'; readonly request: string };
