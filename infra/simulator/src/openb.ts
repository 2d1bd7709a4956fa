import type { MachineSize, Need } from '@orrery/execution/scheduling';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { InputProblem, reasonOf } from './problem.ts';

export interface Pod extends Need {
  readonly name: string;
}

/** A pod with its place in time; seconds of the list's own clock. */
export interface TimedPod extends Pod {
  readonly qos: string;
  /** Empty where the list has no such column. */
  readonly org: string;
  readonly createdAt: number;
  readonly ranSeconds: number;
}

/** What is not there is not nothing: a request for no memory would fit everywhere. */
const countTo = (most: number, message: string) =>
  z.string().min(1, message).pipe(z.coerce.number<string>(message).int(message).min(0, message).max(most, message));

const count = countTo(Number.MAX_SAFE_INTEGER, 'expected a whole number');
const gpuCount = countTo(64, 'expected a whole number from 0 to 64');

const NodeRow = z.object({ sn: z.string().min(1), cpu_milli: count, memory_mib: count, gpu: gpuCount, model: z.string().default('') });

const podColumns = z.object({
  name: z.string().min(1),
  cpu_milli: count,
  memory_mib: count,
  num_gpu: gpuCount,
  // Of several GPUs nobody asks for shares, of none there are none: what stands there then means nothing.
  gpu_milli: z.string().default(''),
  gpu_spec: z.string().default(''),
});

const Share = z.coerce.number().int().min(1).max(1_000);

const podOf = ({ name, cpu_milli, memory_mib, num_gpu: gpus, gpu_milli, gpu_spec }: z.output<typeof podColumns>): Pod | null => {
  const share = gpus === 1 ? Share.safeParse(gpu_milli) : null;
  if (share && !share.success) return null;
  const models = gpu_spec.split('|').flatMap((model) => model.trim() || []);
  return {
    name,
    cpuMilli: cpu_milli,
    memoryMib: memory_mib,
    gpus,
    gpuMilli: gpus === 0 ? 0 : (share?.data ?? 1_000),
    models: models.length === 0 ? null : models,
  };
};

const PodRow = podColumns.transform((row, context) => {
  const pod = podOf(row);
  if (pod) return pod;
  context.addIssue({ code: 'custom', path: ['gpu_milli'], message: 'expected 1 to 1000 where num_gpu is 1' });
  return z.NEVER;
});

const second = z.string().transform((text, context) => {
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return text === '' ? null : seconds;
  context.addIssue({ code: 'custom', message: 'expected seconds' });
  return z.NEVER;
});

const TimedRow = podColumns.extend({
  qos: z.string().default(''),
  org: z.string().default(''),
  creation_time: second,
  deletion_time: second.default(null),
  scheduled_time: second.default(null),
});

interface Line<T> {
  readonly line: number;
  readonly value: T;
}

/** A record and where it ends, as csv-parse gives them. */
const Parsed = z.array(z.object({ info: z.object({ lines: z.number() }), record: z.unknown() }));

/** Rows by their columns, which the first line names. */
const rowsOf = <S extends z.ZodType>(row: S, text: string, file: string): readonly Line<z.output<S>>[] => {
  let records: z.output<typeof Parsed>;
  try {
    records = Parsed.parse(parse(text, { columns: true, skip_empty_lines: true, trim: true, bom: true, info: true }));
  } catch (error) {
    throw new InputProblem(`${file} cannot be read as CSV: ${reasonOf(error)}`);
  }
  return records.map(({ info, record }) => {
    const result = row.safeParse(record);
    if (result.success) return { line: info.lines, value: result.data };
    const [issue] = result.error.issues;
    const column = issue?.path.join('.') || '?';
    if (!Object.hasOwn(Object(record), column)) {
      const there = Object.keys(Object(record)).join(', ');
      throw new InputProblem(
        `${file}, line 1: there is no column ${column}; the first line of the file names the columns, and has ${there}`,
      );
    }
    throw new InputProblem(`${file}, line ${info.lines}, column ${column}: ${issue?.message}`);
  });
};

const distinct = <T>(rows: readonly Line<T>[], nameOf: (item: T) => string, file: string): readonly T[] => {
  const names = new Map<string, number>();
  for (const { line, value } of rows) {
    const name = nameOf(value);
    const before = names.get(name);
    if (before !== undefined) throw new InputProblem(`${file}, line ${line}: ${JSON.stringify(name)} stands in line ${before} already`);
    names.set(name, line);
  }
  if (rows.length === 0) throw new InputProblem(`${file} has no rows`);
  return rows.map(({ value }) => value);
};

/** `sn,cpu_milli,memory_mib,gpu,model`: one machine a line. */
export const readNodes = (text: string, file: string): readonly MachineSize[] =>
  distinct(rowsOf(NodeRow, text, file), ({ sn }) => sn, file).map(({ sn: id, cpu_milli: cpuMilli, memory_mib: memoryMib, gpu, model }) => ({
    id,
    cpuMilli,
    memoryMib,
    gpuModels: Array.from({ length: gpu }, () => model),
  }));

/** `name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec`: one request a line; without `gpu_spec` any model will do. */
export const readPods = (text: string, file: string): readonly Pod[] => distinct(rowsOf(PodRow, text, file), ({ name }) => name, file);

/**
 * With `creation_time`, `deletion_time` and `scheduled_time` in seconds, by the time of arrival. A request ran from when it was
 * scheduled, or arrived where nobody says, until it was deleted, or until the last time that the list names.
 */
export const readTimedPods = (text: string, file: string): readonly TimedPod[] => {
  const rows = rowsOf(TimedRow, text, file);
  const last = rows.reduce((most, { value }) => Math.max(most, value.creation_time ?? 0, value.deletion_time ?? 0), 0);
  const pods = rows.map(({ line, value }): Line<TimedPod> => {
    const problem = (column: string, says: string) => new InputProblem(`${file}, line ${line}, column ${column}: ${says}`);
    const { qos, org, creation_time: createdAt, deletion_time, scheduled_time } = value;
    const pod = podOf(value);
    if (!pod) throw problem('gpu_milli', 'expected 1 to 1000 where num_gpu is 1');
    if (createdAt === null) throw problem('creation_time', 'expected seconds');
    const ranSeconds = (deletion_time ?? last) - (scheduled_time ?? createdAt);
    if (ranSeconds < 0) throw problem('deletion_time', 'it ends before it began');
    return { line, value: { ...pod, qos, org, createdAt, ranSeconds } };
  });
  return [...distinct(pods, ({ name }) => name, file)].sort((a, b) => a.createdAt - b.createdAt);
};
