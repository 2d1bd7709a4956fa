import { execution } from '@orrery/contracts';
import { z } from 'zod';
import { InputProblem, reasonOf } from '../problem.ts';

/** A line of an export: a CloudEvent, or only the type and the data of one. */
const Line = z.object({ type: z.string(), data: z.unknown(), id: z.string().optional() });

/** What tells of machines, of runs and of the rights of organizations. Whatever else stands in a log is passed over. */
const told = [
  'RunSubmitted',
  'RunPlaced',
  'RunStarted',
  'RunPreempted',
  'RunAttemptLost',
  'RunCompleted',
  'RunFailed',
  'RunSystemFailed',
  'RunCancelled',
  'RunAborted',
  'WorkerJoined',
  'WorkerRejoined',
  'WorkerFactsChanged',
  'WorkerLabelled',
  'WorkerRemoved',
  'WorkerLost',
  'WorkerReturned',
  'WorkerCordoned',
  'WorkerDrainRequested',
  'WorkerUncordoned',
  'QuotaSet',
  'QuotaRemoved',
  'IslandsPromised',
  'SchedulerRulesSet',
] as const satisfies readonly execution.ExecutionEvent['type'][];

export type Told = Extract<execution.ExecutionEvent, { readonly type: (typeof told)[number] }>;

export type RunEvent = Extract<Told, { readonly type: `Run${string}` }>;
export type WorkerEvent = Extract<Told, { readonly type: `Worker${string}` }>;
export type RightsEvent = Exclude<Told, RunEvent | WorkerEvent>;

export const isOfRun = (event: Told): event is RunEvent => event.type.startsWith('Run');
export const isOfWorker = (event: Told): event is WorkerEvent => event.type.startsWith('Worker');

/** When it happened, in milliseconds since the epoch. */
export const instantOf = ({ data }: Told): number => {
  if ('at' in data) return Date.parse(data.at);
  return Date.parse('endedAt' in data ? data.endedAt : data.startedAt);
};

const isTold = (type: string): type is Told['type'] => told.some((each) => each === type);

/** `RunStarted` out of `orrery.execution.RunStarted.v1`, or of itself. */
const nameOf = (type: string): string => /(?:^|\.)([A-Z]\w*)(?:\.v\d+)?$/.exec(type)?.[1] ?? type;

const mend = 'export the log again with `npm run start -- events export execution`';

const lineOf = (text: string): z.output<typeof Line> => {
  const line = Line.safeParse(JSON.parse(text));
  if (line.success) return line.data;
  throw new TypeError(`it has no ${line.error.issues[0]?.path.join('.') || 'type and data'}`);
};

const eventOf = ({ type, data }: z.output<typeof Line>): Told | null => {
  const name = nameOf(type);
  if (!isTold(name)) return null;
  const parsed = execution.ExecutionEvents[name].schema.safeParse(data);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new TypeError(`${name}, field ${issue?.path.join('.') || '?'}: ${issue?.message}`);
  }
  // The schema is the one of this very type; the compiler sees a union of all of them.
  return { type: name, data: parsed.data } as Told;
};

/** Recorded events, one a line, each once though an export may repeat some. */
export const readEvents = (text: string, file: string): readonly Told[] => {
  const seen = new Set<string>();
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  const events = lines.flatMap((line, index): readonly Told[] => {
    if (line.trim() === '') return [];
    try {
      const read = lineOf(line);
      if (read.id !== undefined && seen.has(read.id)) return [];
      if (read.id !== undefined) seen.add(read.id);
      const event = eventOf(read);
      return event ? [event] : [];
    } catch (error) {
      throw new InputProblem(`--history ${file}, line ${index + 1}: ${reasonOf(error)}; ${mend}`);
    }
  });
  if (events.length > 0) return events;
  throw new InputProblem(`--history ${file}: nothing in it tells of runs or machines; ${mend}`);
};
