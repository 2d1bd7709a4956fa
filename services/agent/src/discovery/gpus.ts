import { islandsOf } from './islands.ts';
import type { NvidiaSmi } from './nvidia-smi.ts';

export interface Gpu {
  readonly index: number;
  readonly uuid: string;
  readonly model: string;
  readonly memoryMib: number;
  /** `00000000:17:00.0` */
  readonly busId: string;
  /** GPUs of one number are joined by NVLink; undefined: nobody knows. */
  readonly island?: number | undefined;
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

const ask = async (smi: NvidiaSmi, fields: string): Promise<string> => {
  const { isOk, text } = await smi([`--query-gpu=${fields}`, '--format=csv,noheader,nounits']);
  return isOk ? text : '';
};

export const findGpus = async (smi: NvidiaSmi): Promise<Gpu[]> => {
  const gpus = gpusOf(await ask(smi, 'index,uuid,name,memory.total,pci.bus_id'));
  if (gpus.length === 0) return [];
  const topology = await smi(['topo', '-m']);
  const islands = topology.isOk ? islandsOf(topology.text) : new Map<number, number>();
  return gpus.map((gpu) => ({ ...gpu, island: islands.get(gpu.index) }));
};

/** Indexes of the GPUs in MIG mode. Asked by itself: a driver too old to know of it refuses the whole question. */
export const gpusInMigMode = async (smi: NvidiaSmi): Promise<ReadonlySet<number>> =>
  new Set(rows(await ask(smi, 'index,mig.mode.current')).flatMap(([index, mode]) => (mode === 'Enabled' ? [Number(index)] : [])));

export const readGpus = async (smi: NvidiaSmi): Promise<GpuReading[]> =>
  readingsOf(await ask(smi, 'index,utilization.gpu,utilization.memory,temperature.gpu,power.draw,power.limit,clocks.sm,clocks.mem'));
