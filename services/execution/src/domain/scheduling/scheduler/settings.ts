import type { PolicyName } from '../placement/policies.ts';

/** How a scheduler weighs one against the other. Times in milliseconds. */
export interface SchedulerSettings {
  /** For requests that name no pool, and for pools that are not named below. */
  readonly policy: PolicyName;
  readonly pools: Readonly<Record<string, PolicyName>>;
  /** One rank is worth so much waiting. */
  readonly ageingMs: number;
  /** Who has waited so long, ageing included, comes before all others. */
  readonly overdueMs: number;
  /** A deadline is urgent when the latest start that can still keep it is less than this away. */
  readonly urgentMs: number;
  /** What was used so long ago counts for half. */
  readonly halfLifeMs: number;
  /** From the first signal to the last, for whoever is preempted or reaches its limit. */
  readonly graceMs: number;
  /** Nobody is preempted earlier after its start. */
  readonly minRunMs: number;
  /** Nobody is preempted more often. */
  readonly maxPreemptions: number;
  /** At most so many requests keep machines for themselves. */
  readonly reservations: number;
}

/** What nobody's place in a queue depends on, nor who may be preempted when: it can change while the scheduler works. */
export type PlacementRules = Pick<SchedulerSettings, 'policy' | 'pools' | 'reservations'>;

const minute = 60_000;
const hour = 60 * minute;

export const defaultSettings: SchedulerSettings = {
  policy: 'fgd',
  pools: {},
  ageingMs: 4 * hour,
  overdueMs: 72 * hour,
  urgentMs: 15 * minute,
  halfLifeMs: 7 * 24 * hour,
  graceMs: 30_000,
  minRunMs: 5 * minute,
  maxPreemptions: 3,
  reservations: 64,
};
