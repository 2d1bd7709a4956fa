import type { MachineSize, Need } from '@orrery/execution/scheduling';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';

/** Something is wrong with what the simulator was given; the message says where, and what to do. */
export class InputProblem extends Error {
  override readonly name = 'InputProblem';
}

export interface Pod extends Need {
  readonly name: string;
}

const count = z.coerce.number().int().min(0);

const NodeRow = z.object({ sn: z.string().min(1), cpu_milli: count, memory_mib: count, gpu: count.max(64), model: z.string().default('') });

const PodRow = z
  .object({
    name: z.string().min(1),
    cpu_milli: count,
    memory_mib: count,
    num_gpu: count.max(64),
    gpu_milli: count.max(1_000),
    gpu_spec: z.string().default(''),
  })
  .refine(({ num_gpu, gpu_milli }) => num_gpu !== 1 || gpu_milli > 0, {
    path: ['gpu_milli'],
    message: 'expected 1 to 1000 where num_gpu is 1',
  });

/** Rows by their columns. The first line of a file names them; the row after it is in line 2. */
const rowsOf = <S extends z.ZodType>(row: S, text: string, file: string): readonly z.output<S>[] => {
  let records: unknown[];
  try {
    records = parse(text, { columns: true, skip_empty_lines: true, trim: true, bom: true });
  } catch (error) {
    throw new InputProblem(`${file} cannot be read as CSV: ${error instanceof Error ? error.message : String(error)}`);
  }
  return records.map((record, index) => {
    const result = row.safeParse(record);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    throw new InputProblem(`${file}, line ${index + 2}, column ${issue?.path.join('.') || '?'}: ${issue?.message ?? 'not understood'}`);
  });
};

const distinct = <T>(items: readonly T[], nameOf: (item: T) => string, file: string): readonly T[] => {
  const names = new Set<string>();
  for (const item of items) {
    const name = nameOf(item);
    if (names.has(name)) throw new InputProblem(`${file} has ${JSON.stringify(name)} twice`);
    names.add(name);
  }
  if (items.length === 0) throw new InputProblem(`${file} has no rows`);
  return items;
};

/** `sn,cpu_milli,memory_mib,gpu,model`: one machine a line. */
export const readNodes = (text: string, file: string): readonly MachineSize[] =>
  distinct(
    rowsOf(NodeRow, text, file).map(({ sn: id, cpu_milli: cpuMilli, memory_mib: memoryMib, gpu, model }) => ({
      id,
      cpuMilli,
      memoryMib,
      gpuModels: Array.from({ length: gpu }, () => model),
    })),
    ({ id }) => id,
    file,
  );

/** `name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec`: one request a line; without `gpu_spec` any model will do. */
export const readPods = (text: string, file: string): readonly Pod[] =>
  distinct(
    rowsOf(PodRow, text, file).map(({ name, cpu_milli, memory_mib, num_gpu: gpus, gpu_milli, gpu_spec }) => ({
      name,
      cpuMilli: cpu_milli,
      memoryMib: memory_mib,
      gpus,
      // Of several GPUs nobody asks for shares.
      gpuMilli: gpus === 0 ? 0 : gpus === 1 ? gpu_milli : 1_000,
      models: gpu_spec === '' ? null : gpu_spec.split('|'),
    })),
    ({ name }) => name,
    file,
  );
