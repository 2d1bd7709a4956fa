import { type PolicyName, policyNames } from '@orrery/execution/scheduling';
import { z } from 'zod';
import { type OptionName, type Values, valuesOf } from './options.ts';
import { InputProblem } from './problem.ts';

/** Files to read, or a cluster that is made up. */
export type Source = { readonly nodes: string; readonly pods: string } | MadeUp;

export interface MadeUp {
  readonly gpus: number;
  /** As many as `inflate` asks for where nobody said. */
  readonly requests: number | null;
  readonly queues: number;
}

interface Common {
  readonly json: boolean;
  readonly chart: string | undefined;
}

export interface PlacementSettings extends Common {
  readonly mode: 'placement';
  readonly source: Source;
  readonly policies: readonly PolicyName[];
  readonly inflate: number;
  readonly seeds: readonly number[];
  readonly placements: string | undefined;
}

export interface TimedSettings extends Common {
  readonly mode: 'timed';
  readonly source: Source;
  readonly policies: readonly PolicyName[];
  readonly inflate: number;
  readonly speed: number;
  readonly orgs: number | null;
  readonly quotas: string | undefined;
  readonly limitFactor: number;
  readonly seed: number;
}

export interface HistorySettings extends Common {
  readonly mode: 'history';
  readonly file: string;
  /** Milliseconds since the epoch. */
  readonly from: number | null;
  readonly to: number | null;
  readonly policies: readonly PolicyName[];
  readonly quotas: string | undefined;
  readonly seed: number;
}

export interface QueueSettings extends Common {
  readonly mode: 'queue';
  readonly source: MadeUp;
  /** Of each of its phases, at most. */
  readonly minutes: number;
  readonly policy: PolicyName;
  readonly quotas: string | undefined;
  readonly seed: number;
}

export type Settings = PlacementSettings | TimedSettings | HistorySettings | QueueSettings;

const mostSeeds = 1_000;
const usualQueues = 30;

const seedsOf = ({ seed = '42' }: Values): readonly number[] => {
  const [, from = '', to = from] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(seed) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (from === '' || last < first || last - first >= mostSeeds) {
    throw new InputProblem(`--seed ${seed}: expected a number, or a range like 42-51 of at most ${mostSeeds}`);
  }
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
};

const oneSeedOf = (values: Values): number => {
  const [seed = 0, ...more] = seedsOf(values);
  if (more.length > 0) throw new InputProblem(`--seed ${values.seed}: expected one number; a range is for placements that never leave`);
  return seed;
};

const policiesOf = ({ policy = 'fgd' }: Values): readonly PolicyName[] => {
  const known = z.array(z.enum(policyNames)).safeParse(policy.split(','));
  if (!known.success) {
    throw new InputProblem(`--policy ${policy}: expected one of ${policyNames.join(', ')}, or several with commas between them`);
  }
  return [...new Set(known.data)];
};

interface Range {
  readonly name: OptionName;
  readonly least: number;
  readonly most: number;
  readonly isWhole: boolean;
}

const gpus: Range = { name: 'gpus', least: 1, most: 100_000, isWhole: true };
const requests: Range = { name: 'requests', least: 1, most: 1_000_000, isWhole: true };
const queues: Range = { name: 'queues', least: 1, most: 10_000, isWhole: true };
const orgs: Range = { name: 'orgs', least: 1, most: 10_000, isWhole: true };
const inflate: Range = { name: 'inflate', least: 0.001, most: 100, isWhole: false };
const speed: Range = { name: 'speed', least: 0.001, most: 1_000_000, isWhole: false };
const minutes: Range = { name: 'minutes', least: 0.1, most: 1_000, isWhole: false };
const limitFactor: Range = { name: 'limit-factor', least: 1, most: 1_000, isWhole: false };

const numberOf = (values: Values, { name, least, most, isWhole }: Range): number | null => {
  const text = values[name];
  if (text === undefined) return null;
  const number = /^\d{1,12}(\.\d{1,12})?$/.test(String(text)) ? Number(text) : Number.NaN;
  if (number >= least && number <= most && (!isWhole || Number.isInteger(number))) return number;
  throw new InputProblem(`--${name} ${text}: expected ${isWhole ? 'a whole number' : 'a number'} from ${least} to ${most}`);
};

const madeUpOf = (values: Values): MadeUp => {
  const count = numberOf(values, gpus);
  if (count === null) throw new InputProblem('--gpus is missing: how many GPUs the cluster has for which requests are made up');
  return { gpus: count, requests: numberOf(values, requests), queues: numberOf(values, queues) ?? usualQueues };
};

const sourceOf = (values: Values): Source => {
  const { nodes, pods } = values;
  if (values.gpus !== undefined) {
    if (nodes !== undefined || pods !== undefined) {
      throw new InputProblem('--gpus makes up a cluster and its requests: leave out --nodes and --pods');
    }
    return madeUpOf(values);
  }
  if (values.requests !== undefined || values.queues !== undefined) return madeUpOf(values);
  const hint = '; or say --gpus NUMBER for a cluster that is made up';
  if (!nodes) throw new InputProblem(`--nodes is missing: the file with the machines${hint}`);
  if (!pods) throw new InputProblem(`--pods is missing: the file with the requests${hint}`);
  return { nodes, pods };
};

const commonOf = ({ json = false, chart }: Values): Common => {
  if (chart !== undefined && !/.\.svg$/i.test(chart)) throw new InputProblem(`--chart ${chart}: the name of the file must end in .svg`);
  return { json, chart };
};

const placementOf = (values: Values): PlacementSettings => {
  const { placements } = values;
  const [seeds, policies] = [seedsOf(values), policiesOf(values)];
  if (placements !== undefined && (seeds.length > 1 || policies.length > 1)) {
    throw new InputProblem('--placements goes with one seed and one policy: several would mix their rows');
  }
  const source = sourceOf(values);
  return { mode: 'placement', source, policies, inflate: numberOf(values, inflate) ?? 1.3, seeds, placements, ...commonOf(values) };
};

const timedOf = (values: Values): TimedSettings => ({
  mode: 'timed',
  source: sourceOf(values),
  policies: policiesOf(values),
  inflate: numberOf(values, inflate) ?? 1,
  speed: numberOf(values, speed) ?? 1,
  orgs: numberOf(values, orgs),
  quotas: values.quotas,
  limitFactor: numberOf(values, limitFactor) ?? 2,
  seed: oneSeedOf(values),
  ...commonOf(values),
});

const queueOf = (values: Values): QueueSettings => {
  const [policy = 'fgd', ...more] = policiesOf(values);
  if (more.length > 0) throw new InputProblem(`--policy ${values.policy}: expected one policy; a queue is measured under one at a time`);
  return {
    mode: 'queue',
    source: madeUpOf(values),
    minutes: numberOf(values, minutes) ?? 2,
    policy,
    quotas: values.quotas,
    seed: oneSeedOf(values),
    ...commonOf(values),
  };
};

const instantOf = (values: Values, name: 'from' | 'to'): number | null => {
  const text = values[name];
  if (text === undefined) return null;
  const instant = z.iso.datetime({ offset: true }).or(z.iso.date()).safeParse(text);
  if (!instant.success) throw new InputProblem(`--${name} ${text}: expected a time like 2026-01-31T00:00:00Z`);
  return Date.parse(instant.data);
};

const historyOf = (values: Values): HistorySettings => {
  const [from, to] = [instantOf(values, 'from'), instantOf(values, 'to')];
  if (from !== null && to !== null && from >= to)
    throw new InputProblem(`--from ${values.from} is not before --to ${values.to}: exchange them`);
  const { history: file = '-', quotas } = values;
  return { mode: 'history', file, from, to, policies: policiesOf(values), quotas, seed: oneSeedOf(values), ...commonOf(values) };
};

/** What a call asks for; null where it asks for help. */
export const settingsOf = (args: readonly string[]): Settings | null => {
  const { mode, values } = valuesOf(args);
  if (values.help) return null;
  switch (mode) {
    case 'placement':
      return placementOf(values);
    case 'timed':
      return timedOf(values);
    case 'queue':
      return queueOf(values);
    case 'history':
      return historyOf(values);
  }
};
