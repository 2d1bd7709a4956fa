import { readText } from '../runtime/proc.ts';

export interface MachineReading {
  readonly cpuPercent: number | undefined;
  readonly memoryTotalBytes: number;
  readonly memoryUsedBytes: number;
}

interface CpuTime {
  readonly busy: number;
  readonly all: number;
}

/** The first line of /proc/stat: what all processors did since the machine came up. */
export const cpuTimeOf = (stat: string): CpuTime => {
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, ...rest] = (stat.split('\n', 1)[0] ?? '').split(/\s+/).slice(1).map(Number);
  // The last two, guests, are in user and nice already.
  const others = rest.slice(0, 3).reduce((sum, value) => sum + value, 0);
  const busy = user + nice + system + others;
  return { busy, all: busy + idle + wait };
};

const bytesIn = (meminfo: string, key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(meminfo)?.[1] ?? 0) * 1024;

/** Reads the machine; CPU is the share since the last reading. */
export class MachineMeter {
  #last: CpuTime = cpuTimeOf(readText('/proc/stat') ?? '');

  read(): MachineReading {
    const now = cpuTimeOf(readText('/proc/stat') ?? '');
    const passed = now.all - this.#last.all;
    const cpuPercent = passed > 0 ? Math.min(100, Math.max(0, ((now.busy - this.#last.busy) / passed) * 100)) : undefined;
    this.#last = now;
    const meminfo = readText('/proc/meminfo') ?? '';
    const memoryTotalBytes = bytesIn(meminfo, 'MemTotal');
    return { cpuPercent, memoryTotalBytes, memoryUsedBytes: Math.max(0, memoryTotalBytes - bytesIn(meminfo, 'MemAvailable')) };
  }
}
