import type { MachineSize } from '@orrery/execution/scheduling';
import type { Change, Job } from './course.ts';

export interface Scenario {
  readonly machines: readonly MachineSize[];
  readonly changes: readonly Change[];
  /** In the order of their arrival. */
  readonly jobs: readonly Job[];
  readonly weights: ReadonlyMap<string, number>;
  /** From when on it counts. */
  readonly from: number;
}

export interface Rules {
  /** One rank is worth so much waiting. */
  readonly ageingMs: number;
  /** From the signal to the end of whoever is preempted. */
  readonly graceMs: number;
  /** Milliseconds that really pass. */
  readonly clock: () => number;
}

export type Happening =
  | { readonly kind: 'arrive'; readonly job: Job }
  | { readonly kind: 'end' | 'yield' | 'move' | 'call-off'; readonly id: string; readonly attempt: number }
  | { readonly kind: 'change'; readonly change: Change }
  | { readonly kind: 'look' };

/** What happens at one moment happens in this order: first whatever makes room. */
export const order: Readonly<Record<Happening['kind'], number>> = {
  end: 0,
  yield: 1,
  move: 1,
  'call-off': 2,
  change: 3,
  arrive: 4,
  look: 5,
};
