import type { execution } from '@orrery/contracts';
import type { Wait } from './waiting.ts';

/** A fact as an engine needs it: which entity, which step of it, and what happened. */
export interface EngineFact {
  readonly stream: string;
  readonly version: number;
  readonly event: execution.ExecutionEvent;
}

export interface Placement {
  readonly runId: execution.RunId;
  readonly workerId: execution.WorkerId;
  readonly gpuIndexes: readonly number[];
  readonly reasons: { readonly policy: string; readonly candidates: number; readonly score: number };
}

/**
 * Where waiting work goes. An engine does no I/O: its shell tells it facts and time, and makes its placements facts.
 *
 * `apply` may be told a fact again; those of one stream come in their own order, and a machine is told before the work on it.
 * `decide` changes nothing: what it proposes counts only when `apply` hears of it. Until then it proposes the same again.
 */
export interface Engine {
  readonly apply: (fact: EngineFact) => void;
  /** Placements that hold together, at most `limit`. */
  readonly decide: (now: number, limit: number) => readonly Placement[];
  /** Every request that `decide` would not place now, in the order of the queue, and why. Changes nothing. */
  readonly waits: (now: number) => readonly Wait[];
  /** When the passing of time alone could change the next decision; null: only a fact can. */
  readonly dueAt: (now: number) => number | null;
  /** `open`: machines that something may be placed on. */
  readonly load: () => { readonly waiting: number; readonly placed: number; readonly workers: number; readonly open: number };
}
