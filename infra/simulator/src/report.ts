import type { PolicyName } from '@orrery/execution/scheduling';
import { mean, quantile, rising } from './numbers.ts';
import type { Outcome } from './replay.ts';
import { percent, tableOf } from './table.ts';

export interface SeedReport extends Omit<Outcome, 'decisionMs'> {
  readonly seed: number;
  readonly decisionsPerSecond: number;
  readonly decisionP50Us: number;
  readonly decisionP99Us: number;
}

export interface Report {
  readonly policy: PolicyName;
  readonly inflate: number;
  readonly nodes: number;
  readonly gpus: number;
  readonly seeds: readonly SeedReport[];
  readonly meanAllocatedPercent: number;
  readonly meanFragmentedPercent: number;
}

export const seedReport = (seed: number, { decisionMs, ...outcome }: Outcome): SeedReport => {
  const sorted = rising(decisionMs);
  const total = decisionMs.reduce((sum, ms) => sum + ms, 0);
  return {
    seed,
    ...outcome,
    decisionsPerSecond: total > 0 ? Math.round((1_000 * sorted.length) / total) : 0,
    decisionP50Us: 1_000 * quantile(sorted, 0.5),
    decisionP99Us: 1_000 * quantile(sorted, 0.99),
  };
};

export const reportOf = (about: Pick<Report, 'policy' | 'inflate' | 'nodes' | 'gpus'>, seeds: readonly SeedReport[]): Report => ({
  ...about,
  seeds,
  meanAllocatedPercent: mean(seeds.map(({ allocatedPercent }) => allocatedPercent)),
  meanFragmentedPercent: mean(seeds.map(({ fragmentedPercent }) => fragmentedPercent)),
});

const columns = ['seed', 'arrived', 'placed', 'GPUs allocated', 'fragmented', 'decisions/s', 'p50', 'p99'] as const;

const micros = (value: number): string => `${value.toFixed(0)} µs`;

/** As a table for people. */
export const placementTable = ({ policy, inflate, nodes, gpus, seeds, meanAllocatedPercent, meanFragmentedPercent }: Report): string => {
  const rows = seeds.map((each) => [
    String(each.seed),
    String(each.arrived),
    String(each.placed),
    percent(each.allocatedPercent),
    percent(each.fragmentedPercent),
    String(each.decisionsPerSecond),
    micros(each.decisionP50Us),
    micros(each.decisionP99Us),
  ]);
  rows.push(['mean', '', '', percent(meanAllocatedPercent), percent(meanFragmentedPercent), '', '', '']);
  const title = `${policy}: ${gpus} GPUs on ${nodes} nodes, requests for ${inflate} times as many`;
  return [title, '', tableOf(columns, rows)].join('\n');
};
