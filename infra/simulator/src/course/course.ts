import type { MachineSize, Promised, Request } from '@orrery/execution/scheduling';
import type { Quota } from '../quotas.ts';
import type { Samples } from './samples.ts';

/** A request, and what only hindsight knows of it. Times in milliseconds. */
export interface Job extends Request {
  /** How long it runs when nobody disturbs it; null: it was called off before anybody knew. */
  readonly runMs: number | null;
  /** When somebody calls it off, should it wait then; null: never. */
  readonly calledOffAt: number | null;
}

/** What happens to machines and rights while requests come and go. */
export type Change =
  | { readonly at: number; readonly kind: 'quotas'; readonly nodes: readonly Quota[] }
  | { readonly at: number; readonly kind: 'promises'; readonly promises: readonly Promised[] }
  /** It is new, or of another size than it was. */
  | { readonly at: number; readonly kind: 'join'; readonly machine: MachineSize }
  | { readonly at: number; readonly kind: 'open' | 'close'; readonly machine: string }
  /** Nobody begins there, and who is preemptible is moved; `isWhole`: everybody is. */
  | { readonly at: number; readonly kind: 'drain'; readonly machine: string; readonly isWhole: boolean }
  | { readonly at: number; readonly kind: 'lose' | 'leave'; readonly machine: string };

/** What became of a job. */
export interface Stay {
  readonly id: string;
  readonly org: string;
  readonly submittedAt: number;
  /** For the first time; null: never. */
  startedAt: number | null;
  /** Null: it ran on, or waited, when the record ended. */
  endedAt: number | null;
  /** Of the attempt that ended; null where none did. */
  ranMs: number | null;
  preemptions: number;
  /** One of its queue that came before it and still waited when it began; null: there was none. */
  passed: string | null;
  /** In GPU thousandths times milliseconds: all that it held, and what of that was for nothing. */
  heldGpuMs: number;
  lostGpuMs: number;
}

/** What happened from the first arrival to the last end, in the platform or in a simulation. */
export interface Course {
  readonly name: string;
  readonly stays: readonly Stay[];
  readonly samples: Samples;
  readonly weights: ReadonlyMap<string, number>;
  /** Of the scheduler; null where it is not known, as of a recorded course. */
  readonly work: { readonly decisions: number; readonly seconds: number } | null;
}

/** GPU thousandths of a request that has that choice. */
export const gpuMilliOfChoice = ({ ask }: Request, choice: number): number => {
  const need = ask.choices[choice];
  return need ? ask.nodes * need.gpus * need.gpuMilli : 0;
};
