import type { QuotaSnapshot } from '../admission/usage.ts';
import type { MixReading } from '../placement/mix.ts';
import type { MachineSize } from '../placement/place.ts';
import type { PolicyName } from '../placement/policies.ts';
import type { Request } from '../request.ts';
import type { Placed, Promised, Reserved } from './facts.ts';
import type { Level } from './level.ts';

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
  readonly placed: Placed | null;
  /** Members whose seats are free again. */
  readonly vacated: readonly number[];
  /** Since when it makes way; null: it does not. */
  readonly preemptingAt: number | null;
}

export interface ReservationSnapshot extends Reserved {
  readonly request: string;
  readonly level: Level;
}

/** All that a scheduler knows, as JSON carries it. */
export interface SchedulerSnapshot {
  readonly usage: QuotaSnapshot;
  readonly promises: readonly Promised[];
  readonly machines: readonly MachineSnapshot[];
  readonly requests: readonly RequestSnapshot[];
  /** In the order in which they were made. */
  readonly reservations: readonly ReservationSnapshot[];
  readonly mixes: readonly (readonly [PolicyName, MixReading])[];
}
