import { defaultSettings, type PolicyName, Scheduler, type SchedulerSettings } from '@orrery/execution/scheduling';
import { chanceOf } from '../draw.ts';
import type { Quota } from '../quotas.ts';
import type { Course } from './course.ts';
import type { Scenario } from './scenario.ts';
import { Simulation } from './simulation.ts';

export interface Play {
  readonly name: string;
  readonly policy: PolicyName;
  readonly seed: number;
  readonly quotas: readonly Quota[];
  /** What each organization should get beside the others. */
  readonly weights: ReadonlyMap<string, number>;
  /** Where they are other than the platform's own. */
  readonly rules?: Partial<SchedulerSettings>;
}

/** Plays a scenario through the scheduler, with the settings of the platform. */
export const play = (scenario: Omit<Scenario, 'weights'>, { name, policy, seed, quotas, weights, rules = {} }: Play): Course => {
  const settings = { ...defaultSettings, ...rules, policy };
  const scheduler = new Scheduler(settings, chanceOf(seed).share);
  scheduler.setQuotas(quotas, scenario.jobs[0]?.submittedAt ?? 0);
  const { ageingMs, graceMs } = settings;
  const simulation = new Simulation(scheduler, { ...scenario, weights }, { ageingMs, graceMs, clock: () => performance.now() });
  simulation.run();
  const { stays, samples, work } = simulation;
  return { name, stays, samples, weights, work };
};
