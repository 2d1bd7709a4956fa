import type { Usage } from './groups.ts';
import { type ProcessIdentity, readText } from './proc.ts';

const ticksPerSecond = 100;
const pageBytes = 4_096;

/** What living processes use, where no control group counts it. Those that ended are not in it. */
export const usageOf = (processes: readonly ProcessIdentity[]): Usage => {
  let cpuMs = 0;
  let memoryBytes = 0;
  for (const { pid } of processes) {
    const stat = readText(`/proc/${pid}/stat`) ?? '';
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    cpuMs += (((fields[11] ?? 0) + (fields[12] ?? 0)) * 1_000) / ticksPerSecond;
    memoryBytes += (fields[21] ?? 0) * pageBytes;
  }
  return { cpuMs, memoryBytes };
};
