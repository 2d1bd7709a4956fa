import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type PolicyName, policyNames } from '@orrery/execution/scheduling';
import { z } from 'zod';
import { type Chance, chanceOf, drawn } from './draw.ts';
import { machinesOf, requestsOf } from './generate.ts';
import { InputProblem, readNodes, readPods } from './openb.ts';
import { allGpus, type PlacementRow, replay } from './replay.ts';
import { reportOf, seedReport, tableOf } from './report.ts';

const options = {
  nodes: { type: 'string' },
  pods: { type: 'string' },
  gpus: { type: 'string' },
  policy: { type: 'string' },
  inflate: { type: 'string' },
  seed: { type: 'string' },
  json: { type: 'boolean' },
  placements: { type: 'string' },
} as const;

export const usage =
  'npm run simulate -- (--nodes FILE --pods FILE | --gpus NUMBER) [--policy fgd|best-fit|pack|spread|random] [--inflate 1.3] [--seed 42 | 42-51] [--json] [--placements FILE]';

/** Files to read, or how many GPUs a cluster that is made up has. */
type Source = { readonly nodes: string; readonly pods: string } | { readonly gpus: number };

export interface Settings {
  readonly source: Source;
  readonly policy: PolicyName;
  readonly inflate: number;
  readonly seeds: readonly number[];
  readonly json: boolean;
  readonly placements: string | undefined;
}

const mostSeeds = 1_000;

const seedsOf = (text: string): readonly number[] => {
  const [, from = '', to = from] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (from === '' || last < first || last - first >= mostSeeds) {
    throw new InputProblem(`--seed ${text}: expected a number, or a range like 42-51 of at most ${mostSeeds}`);
  }
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
};

const Gpus = z.coerce.number().int().min(1).max(100_000);

const sourceOf = ({ nodes, pods, gpus }: Readonly<Record<'nodes' | 'pods' | 'gpus', string | undefined>>): Source => {
  if (gpus !== undefined) {
    if (nodes || pods) throw new InputProblem('--gpus makes up a cluster and its requests: leave out --nodes and --pods');
    const count = Gpus.safeParse(gpus);
    if (!count.success) throw new InputProblem(`--gpus ${gpus}: expected a number from 1 to 100000`);
    return { gpus: count.data };
  }
  if (!nodes) throw new InputProblem(`--nodes is missing: the file with the machines\nUsage: ${usage}`);
  if (!pods) throw new InputProblem(`--pods is missing: the file with the requests\nUsage: ${usage}`);
  return { nodes, pods };
};

const Inflate = z.coerce.number().gt(0).max(100);
const Policy = z.enum(policyNames);

const parsed = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new InputProblem(`${error instanceof Error ? error.message : String(error)}\nUsage: ${usage}`);
  }
};

export const settingsOf = (args: readonly string[]): Settings => {
  const { nodes, pods, gpus, policy = 'fgd', inflate = '1.3', seed = '42', json = false, placements } = parsed(args);
  const source = sourceOf({ nodes, pods, gpus });
  const isKnown = Policy.safeParse(policy);
  if (!isKnown.success) throw new InputProblem(`--policy ${policy}: expected one of ${policyNames.join(', ')}`);
  const factor = Inflate.safeParse(inflate);
  if (!factor.success) throw new InputProblem(`--inflate ${inflate}: expected a number above 0 and at most 100`);
  const seeds = seedsOf(seed);
  if (placements !== undefined && seeds.length > 1) throw new InputProblem('--placements goes with one seed: several would mix their rows');
  return { source, policy: isKnown.data, inflate: factor.data, seeds, json, placements };
};

const textOf = (file: string, what: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputProblem(`${what} ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** Rows go to the file as they come; a million of them need no memory. */
const rowWriter = (file: string | undefined): { readonly write: (row: PlacementRow) => void; readonly close: () => void } => {
  if (file === undefined) return { write: () => undefined, close: () => undefined };
  let descriptor: number;
  try {
    descriptor = openSync(file, 'w');
  } catch (error) {
    throw new InputProblem(`--placements ${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
  return {
    write: (row) => {
      writeSync(descriptor, `${JSON.stringify(row)}\n`);
    },
    close: () => closeSync(descriptor),
  };
};

/** The cluster, and what arrives with each seed. */
const scenarioOf = ({ source, inflate }: Settings) => {
  if ('gpus' in source) {
    const nodes = machinesOf(source.gpus, chanceOf(source.gpus));
    return { nodes, arrivalsOf: (chance: Chance) => requestsOf(inflate * allGpus(nodes), chance) };
  }
  const nodes = readNodes(textOf(source.nodes, '--nodes'), source.nodes);
  const pods = readPods(textOf(source.pods, '--pods'), source.pods);
  if (allGpus(nodes) === 0) throw new InputProblem(`${source.nodes}: no machine has a GPU`);
  return { nodes, arrivalsOf: (chance: Chance) => drawn(pods, allGpus(nodes), inflate, chance) };
};

/** What `npm run simulate` prints. */
export const simulate = (args: readonly string[]): string => {
  const settings = settingsOf(args);
  const { policy, inflate } = settings;
  const { nodes, arrivalsOf } = scenarioOf(settings);
  const rows = rowWriter(settings.placements);
  try {
    const seeds = settings.seeds.map((seed) => {
      const chance = chanceOf(seed);
      const arrivals = arrivalsOf(chance);
      return seedReport(seed, replay({ nodes, arrivals, policy, random: chance.share, now: () => performance.now(), onRow: rows.write }));
    });
    const report = reportOf({ policy, inflate, nodes: nodes.length, gpus: allGpus(nodes) }, seeds);
    return settings.json ? JSON.stringify(report) : tableOf(report);
  } finally {
    rows.close();
  }
};
