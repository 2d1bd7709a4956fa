import { type Line, quantile, type Report } from './measure.ts';
import { audit } from './queueing/check.ts';
import { replay } from './queueing/replay.ts';
import { type Scenario, scenarios, workloadsOf } from './queueing/scenario.ts';

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;

const linesOf = (scenario: Scenario): readonly Line[] => {
  const replayed = replay(scenario);
  const workloads = workloadsOf(scenario);
  const { faults, admitted, borrowed, preemptions, waitMs, utilisation } = audit(scenario, workloads, replayed.happenings);
  for (const fault of faults) console.error(`${scenario.name}: ${fault}`);
  const waits = Object.entries(waitMs).map(([name, ms]) => `${name} ${seconds(ms)}`);
  const line = (what: string, ours: string, peer = ''): Line => ({ what: `${scenario.name}: ${what}`, ours, peer });
  return [
    {
      ...line('admitted as they must be', `${admitted} of ${workloads.length}, ${faults.length} faults`),
      goal: 'all, 0',
      isMet: admitted === workloads.length && faults.length === 0,
    },
    line('CPU of all decisions', seconds(replayed.cpuMs), `Kueue ${scenario.published}, simulated run time included`),
    line('one round of decisions, p99', `${quantile(replayed.roundMs, 0.99).toFixed(2)} ms`),
    line('simulated run time', seconds(replayed.simulatedMs)),
    line('borrowed, preempted, in use', `${borrowed}, ${preemptions}, ${(100 * utilisation).toFixed(1)} %`),
    line('submitted → last placed, mean', waits.join(', ')),
  ];
};

/** The scenarios of Kueue's own performance tests: quotas, cohorts and classes, and hardly any machines. */
export const benchQueueing = async (): Promise<Report> => ({
  name: 'queueing, on the scenarios of Kueue',
  lines: scenarios.flatMap(linesOf),
});
