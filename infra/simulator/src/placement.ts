import type { PolicyName } from '@orrery/execution/scheduling';
import { placementChart } from './chart/placement-chart.ts';
import { type Chance, chanceOf, drawn } from './draw.ts';
import { rowWriter, textOf, write } from './files.ts';
import { machinesOf, requestsOf } from './generate.ts';
import { readNodes, readPods } from './openb.ts';
import { InputProblem } from './problem.ts';
import { allGpus, replay } from './replay.ts';
import { placementTable, type Report, reportOf, seedReport } from './report.ts';
import type { PlacementSettings } from './settings.ts';

/** The cluster, and what arrives with each seed. */
const scenarioOf = ({ source, inflate }: PlacementSettings) => {
  if ('gpus' in source) {
    const nodes = machinesOf(source.gpus, chanceOf(source.gpus));
    return { nodes, arrivalsOf: (chance: Chance) => requestsOf(inflate * allGpus(nodes), chance) };
  }
  const nodes = readNodes(textOf(source.nodes, '--nodes'), source.nodes);
  const pods = readPods(textOf(source.pods, '--pods'), source.pods);
  if (allGpus(nodes) === 0) throw new InputProblem(`${source.nodes}: no machine has a GPU; column gpu says how many`);
  return { nodes, arrivalsOf: (chance: Chance) => drawn(pods, allGpus(nodes), inflate, chance) };
};

/** Places requests one after the other; they never leave. Several policies are given the same arrivals. */
export const simulatePlacement = (settings: PlacementSettings): string => {
  const { inflate, policies, chart, json } = settings;
  const { nodes, arrivalsOf } = scenarioOf(settings);
  const rows = rowWriter(settings.placements, '--placements');
  const reportUnder = (policy: PolicyName): Report => {
    const seeds = settings.seeds.map((seed) => {
      const chance = chanceOf(seed);
      const arrivals = arrivalsOf(chance);
      return seedReport(seed, replay({ nodes, arrivals, policy, random: chance.share, now: () => performance.now(), onRow: rows.write }));
    });
    return reportOf({ policy, inflate, nodes: nodes.length, gpus: allGpus(nodes) }, seeds);
  };
  try {
    const reports = policies.map(reportUnder);
    if (chart !== undefined) write(chart, '--chart', placementChart(reports));
    const [only] = reports;
    if (json) return JSON.stringify(reports.length === 1 ? only : { policies: reports });
    return reports.map(placementTable).join('\n\n');
  } finally {
    rows.close();
  }
};
