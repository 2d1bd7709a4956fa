import type { Seat } from '../request.ts';

/** Why a request waits. */
export type WaitReason =
  /** No machine there is could ever serve it. */
  | 'no-machine'
  /** Machines that could serve it are there, and nothing is placed on them: they are closed, or GPUs of theirs are. */
  | 'closed'
  /** Machines could serve it, and none of them where runs of a group are, or are not, as it wants. */
  | 'group'
  /** The machine that it is pinned to is not there, or closed. */
  | 'machine-away'
  /** A limit of its queue, or of one above it, is reached. */
  | 'quota'
  /** It was preempted as often as may be, and waits for room that nobody can reclaim. */
  | 'solid-ground'
  /** There is room, kept whole for those who were promised it. */
  | 'promised'
  /** There is room, kept for requests before it. */
  | 'held-for-earlier'
  /** Others have been told to make room for it. */
  | 'preempting'
  | 'all-busy'
  /** An attempt failed a moment ago. */
  | 'retry-later';

export interface Wait {
  readonly request: string;
  readonly queue: string;
  readonly reason: WaitReason;
  /** In the order in which requests are looked at now; 1 is the first. */
  readonly position: number;
}

/** A request has its machines. */
export interface Placed {
  readonly choice: number;
  readonly seats: readonly Seat[];
  readonly at: number;
  readonly isBorrowed: boolean;
}

/** A request is to have these machines at that moment. */
export interface Reserved {
  readonly at: number;
  readonly choice: number;
  readonly seats: readonly Seat[];
}

/** A request has lost its machines, and waits again. */
export interface Returned {
  readonly at: number;
  /** Not placed again before. */
  readonly notBefore: number;
  /** The machine that failed it: tried last from now on. */
  readonly failedOn: string | null;
  readonly isPreempted: boolean;
}

/** Whole groups of GPUs that an org can always have: `count` islands of `size` GPUs of a model. */
export interface Promised {
  readonly org: string;
  readonly model: string;
  readonly size: number;
  readonly count: number;
}

export interface Load {
  readonly waiting: number;
  readonly placed: number;
  readonly machines: number;
  /** Machines that something may be placed on. */
  readonly open: number;
}
