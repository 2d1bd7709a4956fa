import type { Gpu } from './gpus.ts';
import { isFatal, xidOf } from './xid.ts';

export interface GpuFault {
  readonly xid: number;
  readonly at: string;
}

interface Senses {
  /** Lines of the kernel that came since the last time. */
  readonly read: () => readonly string[];
  readonly now: () => string;
}

/** Looks for GPUs that broke, by index. One that did stays broken until the machine boots again: only then is its log empty. */
export const gpuFaults = (gpus: readonly Gpu[], { read, now }: Senses): (() => ReadonlyMap<number, GpuFault>) => {
  const faults = new Map<number, GpuFault>();
  const byBus = new Map(gpus.map(({ busId, index }) => [busId.toLowerCase(), index]));
  return () => {
    for (const text of read()) {
      const fault = xidOf(text);
      const index = fault && isFatal(fault) ? byBus.get(fault.busId) : undefined;
      if (fault && index !== undefined && !faults.has(index)) faults.set(index, { xid: fault.xid, at: now() });
    }
    return new Map(faults);
  };
};
