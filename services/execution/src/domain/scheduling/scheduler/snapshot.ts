import type { MachineSize } from '../placement/place.ts';
import type { Request } from '../request.ts';
import type { Placed, Promised, Reserved } from './facts.ts';

export interface MachineSnapshot {
  readonly size: MachineSize;
  readonly isOpen: boolean;
  readonly closedGpus: readonly number[];
}

export interface RequestSnapshot {
  readonly request: Request;
  readonly notBefore: number;
  readonly avoid: readonly string[];
  readonly preemptions: number;
  readonly reserved: Reserved | null;
  readonly placed: Placed | null;
  /** Members whose seats are free again. */
  readonly vacated: readonly number[];
  /** Since when its victims, or itself, make room; null: not. */
  readonly preemptingAt: number | null;
}

/** All that a scheduler knows, as JSON carries it. */
export interface SchedulerSnapshot {
  readonly machines: readonly MachineSnapshot[];
  readonly promises: readonly Promised[];
  readonly requests: readonly RequestSnapshot[];
}
