import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Gpu {
  readonly index: number;
  readonly uuid: string;
  readonly model: string;
  readonly memoryMib: number;
  /** `00000000:17:00.0` */
  readonly busId: string;
}

export interface GpuReading {
  readonly index: number;
  readonly utilizationPercent: number | undefined;
  readonly memoryUtilizationPercent: number | undefined;
  readonly temperatureCelsius: number | undefined;
  readonly powerWatt: number | undefined;
  readonly powerLimitWatt: number | undefined;
  readonly clockSmMhz: number | undefined;
  readonly clockMemMhz: number | undefined;
}

const askMs = 5_000;

/** Words of a product name that say who made it, what for, or how much of it there is, and not what it is. */
const noise = /^(nvidia|geforce|tesla|quadro|graphics|device|generation|pcie|sxm\d*|nvl|hbm\d*e?|\d+gb?|laptop|gpu)$/;

/** `NVIDIA A100-SXM4-80GB` is an `a100`, `NVIDIA GeForce RTX 4090` an `rtx4090`. */
export const modelOf = (name: string): string => {
  const words = name
    .toLowerCase()
    .split(/[\s\-/]+/)
    .filter((word) => word !== '' && !noise.test(word));
  const model = words.join('').replace(/[^a-z0-9]/g, '');
  return model === '' ? 'gpu' : model.slice(0, 64);
};

const rows = (csv: string): string[][] =>
  csv
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.split(',').map((field) => field.trim()));

/** A field that the driver does not know is `[N/A]` or `[Not Supported]`. */
const numberOf = (field: string | undefined): number | undefined => {
  const value = Number(field === undefined || field === '' ? Number.NaN : field);
  return Number.isFinite(value) ? value : undefined;
};

export const gpusOf = (csv: string): Gpu[] =>
  rows(csv).flatMap(([index, uuid, name, memory, busId]) => {
    const memoryMib = numberOf(memory);
    if (uuid === undefined || name === undefined || memoryMib === undefined || memoryMib < 1) return [];
    return [{ index: Number(index), uuid, model: modelOf(name), memoryMib: Math.round(memoryMib), busId: busId ?? '' }];
  });

export const readingsOf = (csv: string): GpuReading[] =>
  rows(csv).map(([index, utilization, memory, temperature, power, limit, sm, mem]) => ({
    index: Number(index),
    utilizationPercent: numberOf(utilization),
    memoryUtilizationPercent: numberOf(memory),
    temperatureCelsius: numberOf(temperature),
    powerWatt: numberOf(power),
    powerLimitWatt: numberOf(limit),
    clockSmMhz: numberOf(sm),
    clockMemMhz: numberOf(mem),
  }));

const ask = async (fields: string): Promise<string | undefined> => {
  try {
    const { stdout } = await run('nvidia-smi', [`--query-gpu=${fields}`, '--format=csv,noheader,nounits'], { timeout: askMs });
    return stdout;
  } catch {
    // No driver, no GPU: a machine without is as good as any.
    return undefined;
  }
};

export const findGpus = async (): Promise<Gpu[]> => gpusOf((await ask('index,uuid,name,memory.total,pci.bus_id')) ?? '');

export const readGpus = async (): Promise<GpuReading[]> =>
  readingsOf((await ask('index,utilization.gpu,utilization.memory,temperature.gpu,power.draw,power.limit,clocks.sm,clocks.mem')) ?? '');
