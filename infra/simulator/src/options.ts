import { parseArgs } from 'node:util';
import { InputProblem, reasonOf } from './problem.ts';

/** What a call asks for: one placement after the other, a timed replay, a replay of recorded events, or a long queue. */
export type Mode = 'placement' | 'timed' | 'history' | 'queue';

interface Option {
  /** What follows it; absent for a switch. */
  readonly value?: string;
  readonly says: string;
  readonly modes: readonly Mode[];
}

const everywhere: readonly Mode[] = ['placement', 'timed', 'history', 'queue'];
const scheduled: readonly Mode[] = ['timed', 'history', 'queue'];

const table = {
  nodes: { value: 'FILE', says: 'machines, as CSV: sn,cpu_milli,memory_mib,gpu,model', modes: ['placement', 'timed'] },
  pods: {
    value: 'FILE',
    says: 'requests, as CSV: name,cpu_milli,memory_mib,num_gpu,gpu_milli[,gpu_spec][,qos][,org][,creation_time,…]',
    modes: ['placement', 'timed'],
  },
  gpus: {
    value: 'NUMBER',
    says: 'instead of files: a made-up cluster with so many GPUs, at most 100000',
    modes: ['placement', 'timed', 'queue'],
  },
  requests: { value: 'NUMBER', says: 'with --gpus: so many made-up requests, at most 1000000', modes: ['timed', 'queue'] },
  queues: { value: 'NUMBER', says: 'with --requests: of so many organizations; 30 if left out', modes: ['timed', 'queue'] },
  minutes: { value: 'NUMBER', says: 'with --requests: filling and turnover end after so long each, 2 if left out', modes: ['queue'] },
  timed: { says: 'replay arrivals and ends, with queueing', modes: ['timed'] },
  history: { value: 'FILE', says: 'replay recorded events, as `events export` prints them; - reads standard input', modes: ['history'] },
  from: { value: 'TIME', says: 'leave out what had ended before, as 2026-01-31T00:00:00Z', modes: ['history'] },
  to: { value: 'TIME', says: 'leave out what happened later', modes: ['history'] },
  policy: { value: 'NAME', says: 'fgd (the default), best-fit, pack, spread or random', modes: everywhere },
  inflate: {
    value: 'NUMBER',
    says: 'GPUs asked for, in times of those there are (1.3); with --timed: how often each request comes (1)',
    modes: ['placement', 'timed'],
  },
  speed: { value: 'NUMBER', says: 'requests come that many times as fast; their run times stay (1)', modes: ['timed'] },
  orgs: { value: 'NUMBER', says: 'deal the requests out to so many organizations; else by column org, or else by qos', modes: ['timed'] },
  quotas: { value: 'FILE', says: 'the quota tree, as YAML or JSON: a list of {id, parent, weight, guaranteed, limit}', modes: scheduled },
  'limit-factor': { value: 'NUMBER', says: 'time limit of a request, in times of its real run time (2)', modes: ['timed'] },
  seed: { value: 'NUMBER', says: 'of all chance (42); 42-51 places ten times and gives the mean', modes: everywhere },
  json: { says: 'print everything as one JSON document', modes: everywhere },
  placements: { value: 'FILE', says: 'write a line for each request, in order: {"pod","node","gpus","gpu_milli"}', modes: ['placement'] },
  chart: { value: 'FILE.svg', says: 'draw what happened', modes: ['placement', 'timed', 'history'] },
  help: { says: 'print this', modes: everywhere },
} as const satisfies Readonly<Record<string, Option>>;

export type OptionName = keyof typeof table;
export type Values = { readonly [N in OptionName]?: (typeof table)[N] extends { readonly value: string } ? string : boolean };

const names = Object.keys(table).filter((name): name is OptionName => Object.hasOwn(table, name));
const optionOf = (name: OptionName): Option => table[name];

const spelled = (name: OptionName): string => {
  const { value } = optionOf(name);
  return value === undefined ? `--${name}` : `--${name} ${value}`;
};

const nameWidth = 24;

export const help = [
  'What the scheduler would do with a cluster and its requests. It is the engine that the platform itself runs.',
  '',
  '  npm run simulate -- --nodes FILE --pods FILE              place the requests of a list, one by one',
  '  npm run simulate -- --timed --nodes FILE --pods FILE      replay a list in its own time, with queueing',
  '  npm run simulate -- --gpus 100000 [--requests 1000000]    a made-up cluster, and a queue for it',
  '  npm run simulate -- --history FILE                        what happened here, under another policy',
  '',
  ...names.map((name) => `  ${spelled(name).padEnd(nameWidth)} ${optionOf(name).says}`),
].join('\n');

const hint = '`npm run simulate -- --help` lists all options';

/** `--inflate -1` as one: a number below 0 is a wrong value, and no option that stands where one is missing. */
const joined = (args: readonly string[]): string[] =>
  args.reduce<string[]>((all, arg) => {
    const before = all.at(-1);
    if (/^-[\d.]/.test(arg) && before !== undefined && /^--[^=]+$/.test(before)) all[all.length - 1] = `${before}=${arg}`;
    else all.push(arg);
    return all;
  }, []);

const parsed = (args: readonly string[]): Values => {
  const typeOf = (name: OptionName) => (optionOf(name).value === undefined ? 'boolean' : 'string');
  const options = {
    ...Object.fromEntries(names.map((name) => [name, { type: typeOf(name) }] as const)),
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    // The table says of each name whether a text or a switch belongs to it, and the parser was told the same.
    return parseArgs({ args: joined(args), options, allowPositionals: false }).values as Values;
  } catch (error) {
    const [said = ''] = reasonOf(error).split('. ');
    throw new InputProblem(`${said}; ${hint}`);
  }
};

const modeOf = ({ timed, history, requests, queues }: Values): Mode => {
  if (history !== undefined) return 'history';
  if (timed) return 'timed';
  return requests !== undefined || queues !== undefined ? 'queue' : 'placement';
};

const callOf: Readonly<Record<Mode, string>> = {
  placement: 'a placement of requests that never leave',
  timed: '--timed',
  history: '--history',
  queue: '--requests without --timed',
};

/** What belongs to no other mode than the one that was asked for. */
const refuseStrange = (values: Values, mode: Mode): void => {
  for (const name of names) {
    const { modes } = optionOf(name);
    if (values[name] === undefined || modes.includes(mode)) continue;
    const others = modes.map((each) => callOf[each]).join(' or ');
    throw new InputProblem(`--${name} does not go with ${callOf[mode]}: leave it out. It is for ${others}`);
  }
};

/** The options of a call, and what they ask for together; a call that makes no sense is refused. */
export const valuesOf = (args: readonly string[]): { readonly mode: Mode; readonly values: Values } => {
  const values = parsed(args);
  const mode = modeOf(values);
  if (!values.help) refuseStrange(values, mode);
  return { mode, values };
};
