import { availableParallelism, hostname, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { execution } from '@orrery/contracts';
import { hierarchiesOf } from '../runtime/find-groups.ts';
import { readText } from '../runtime/proc.ts';
import { canBeCut, type SliceableGpu } from '../slices/sliceable.ts';
import type { GpuFault } from './gpu-faults.ts';

export const agentVersion = '0.1.0';

const mib = 1024 * 1024;
/** Left to the system and the agent. */
const reservedMib = 256;

/** A bound that control groups put on this process, walking up from its own group: the narrowest wins. */
const narrowest = (own: string, file: string, read: (text: string) => number | undefined): number => {
  let least = Number.POSITIVE_INFINITY;
  for (let directory = own; directory.length > 1 && directory.includes('cgroup'); directory = join(directory, '..')) {
    const text = readText(join(directory, file))?.trim();
    const value = text === undefined ? undefined : read(text);
    if (value !== undefined && value > 0) least = Math.min(least, value);
  }
  return least;
};

const plain = (text: string): number | undefined => (text === 'max' || text === '-1' ? undefined : Number(text));

const quotaOf = (text: string): number | undefined => {
  const [quota = '', period = ''] = text.split(/\s+/);
  return quota === 'max' || quota === '' ? undefined : (Number(quota) / Number(period)) * 1_000;
};

/** Memory and CPU that this process and its children may take, as far as control groups bound them. */
export const groupBounds = (): { readonly memoryBytes: number; readonly cpuMilli: number } => {
  const hierarchies = hierarchiesOf(readText('/proc/self/mountinfo') ?? '', readText('/proc/self/cgroup') ?? '');
  const bounds = hierarchies.map(({ version, controllers, own }) => {
    if (version === 2) return { memory: narrowest(own, 'memory.max', plain), cpu: narrowest(own, 'cpu.max', quotaOf) };
    const memory = controllers.includes('memory') ? narrowest(own, 'memory.limit_in_bytes', plain) : Number.POSITIVE_INFINITY;
    // Version 1 keeps quota and period apart; the period is the usual one almost everywhere.
    const period = Number(readText(join(own, 'cpu.cfs_period_us')) ?? 100_000);
    const cpu = controllers.includes('cpu')
      ? narrowest(own, 'cpu.cfs_quota_us', (text) => (Number(text) > 0 ? (Number(text) / period) * 1_000 : undefined))
      : Number.POSITIVE_INFINITY;
    return { memory, cpu };
  });
  return { memoryBytes: Math.min(...bounds.map(({ memory }) => memory)), cpuMilli: Math.min(...bounds.map(({ cpu }) => cpu)) };
};

const systemName = (): string => {
  const name = /^PRETTY_NAME="?([^"\n]+)"?$/m.exec(readText('/etc/os-release') ?? '')?.[1] ?? process.platform;
  return `${name}, ${release()}, ${process.arch}`.slice(0, 200);
};

export interface Offer {
  /** What an operator gives of the machine, where it is less than all. */
  readonly cpuMilli?: number | undefined;
  readonly memoryMib?: number | undefined;
  readonly docker?: string | undefined;
}

/** What this machine has to give. */
export const factsOf = (gpus: readonly SliceableGpu[], isSandboxed: boolean, offer: Offer = {}): execution.WorkerFacts => {
  const bounds = groupBounds();
  const allMib = Math.floor(Math.min(totalmem(), bounds.memoryBytes) / mib);
  return {
    hostname: hostname().slice(0, 253) || 'unknown',
    agentVersion,
    os: systemName(),
    cpuMilli: offer.cpuMilli ?? Math.max(1, Math.floor(Math.min(availableParallelism() * 1_000, bounds.cpuMilli))),
    memoryMib: offer.memoryMib ?? Math.max(16, allMib - Math.min(reservedMib, Math.floor(allMib / 8))),
    gpus: gpus.slice(0, 64).map(({ index, uuid, model, memoryMib, island, mig }) => ({
      ...{ index, uuid, model, memoryMib },
      ...(island === undefined ? {} : { island }),
      ...(mig === undefined ? {} : { mig }),
    })),
    runtimes: offer.docker === undefined ? ['process'] : ['process', 'docker'],
    ...(gpus.some(canBeCut) ? { slicesGpus: true } : {}),
    sandboxed: isSandboxed,
  };
};

export const withFaults = (facts: execution.WorkerFacts, faults: ReadonlyMap<number, GpuFault>): execution.WorkerFacts => ({
  ...facts,
  gpus: facts.gpus.map((gpu) => {
    const fault = faults.get(gpu.index);
    return fault ? { ...gpu, fault } : gpu;
  }),
});
