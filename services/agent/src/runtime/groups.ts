import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readText } from './proc.ts';

/** What one attempt may take of the machine. */
export interface GroupLimits {
  readonly memoryBytes: number;
  readonly cpuMilli: number;
  readonly processes: number;
}

export type Controller = 'memory' | 'cpu' | 'pids';

/** A value of one control file, written when a group is made. Optional ones are missing on some kernels. */
interface Setting {
  readonly controller: Controller;
  readonly file: string;
  readonly value: string;
  readonly isOptional?: boolean;
}

/** How one version of control groups is spoken to. */
export interface Dialect {
  /** Directory of our own tree, per controller; version 2 has the same one for all. */
  readonly bases: Readonly<Partial<Record<Controller, string>>>;
  readonly settings: (limits: GroupLimits) => readonly Setting[];
  readonly memoryBytes: (read: (file: string) => string | undefined) => number | undefined;
  readonly cpuMs: (read: (file: string) => string | undefined) => number | undefined;
  readonly oomKills: (read: (file: string) => string | undefined) => number;
}

const numberIn = (text: string | undefined, key: string): number | undefined => {
  const value = new RegExp(`^${key}\\s+(\\d+)$`, 'm').exec(text ?? '')?.[1];
  return value === undefined ? undefined : Number(value);
};

const periodUs = 100_000;

const memoryOf = (current: string | undefined, idle: number | undefined): number | undefined =>
  // What the kernel would give back at once, such as pages of files read long ago, is no use of memory.
  current === undefined ? undefined : Math.max(0, Number(current) - (idle ?? 0));

export const version1 = (bases: Dialect['bases'], cpuAccounting: string | undefined): Dialect => ({
  bases,
  settings: ({ memoryBytes, cpuMilli, processes }) => [
    { controller: 'memory', file: 'memory.limit_in_bytes', value: String(memoryBytes) },
    { controller: 'memory', file: 'memory.memsw.limit_in_bytes', value: String(memoryBytes), isOptional: true },
    { controller: 'cpu', file: 'cpu.cfs_period_us', value: String(periodUs) },
    { controller: 'cpu', file: 'cpu.cfs_quota_us', value: String(Math.max(1_000, cpuMilli * 100)) },
    { controller: 'pids', file: 'pids.max', value: String(processes) },
  ],
  memoryBytes: (read) => memoryOf(read('memory.usage_in_bytes'), numberIn(read('memory.stat'), 'total_inactive_file')),
  cpuMs: (read) => {
    const nanos = cpuAccounting === undefined ? undefined : read('cpuacct.usage');
    return nanos === undefined ? undefined : Number(nanos) / 1e6;
  },
  oomKills: (read) => numberIn(read('memory.oom_control'), 'oom_kill') ?? 0,
});

export const version2 = (base: string, controllers: readonly Controller[]): Dialect => ({
  bases: Object.fromEntries(controllers.map((controller) => [controller, base])),
  settings: ({ memoryBytes, cpuMilli, processes }) => [
    { controller: 'memory', file: 'memory.max', value: String(memoryBytes) },
    { controller: 'memory', file: 'memory.swap.max', value: '0', isOptional: true },
    { controller: 'cpu', file: 'cpu.max', value: `${Math.max(1_000, cpuMilli * 100)} ${periodUs}` },
    { controller: 'pids', file: 'pids.max', value: String(processes) },
  ],
  memoryBytes: (read) => memoryOf(read('memory.current'), numberIn(read('memory.stat'), 'inactive_file')),
  cpuMs: (read) => {
    const micros = numberIn(read('cpu.stat'), 'usage_usec');
    return micros === undefined ? undefined : micros / 1e3;
  },
  oomKills: (read) => numberIn(read('memory.events'), 'oom_kill') ?? 0,
});

export interface Usage {
  readonly memoryBytes: number;
  readonly cpuMs: number;
}

/** The control groups of all attempts of one agent: a directory each, named after the attempt, in one tree of ours. */
export class Groups {
  readonly #dialect: Dialect;
  readonly #extra: readonly string[];

  /** `accounting` are trees that only count (cpuacct of version 1 where it is apart from cpu). */
  constructor(dialect: Dialect, accounting: readonly string[] = []) {
    this.#dialect = dialect;
    this.#extra = accounting;
  }

  get controllers(): readonly Controller[] {
    return (['memory', 'cpu', 'pids'] as const).filter((controller) => this.#dialect.bases[controller] !== undefined);
  }

  /** Makes the groups of an attempt; answers the files through which a process joins them. */
  create(key: string, limits: GroupLimits): string[] {
    const directories = this.#directories(key);
    for (const directory of directories) mkdirSync(directory, { recursive: true });
    for (const { controller, file, value, isOptional } of this.#dialect.settings(limits)) {
      const base = this.#dialect.bases[controller];
      if (base === undefined) continue;
      const path = join(base, key, file);
      if (isOptional && readText(path) === undefined) continue;
      writeFileSync(path, value);
    }
    return directories.map((directory) => join(directory, 'cgroup.procs'));
  }

  usage(key: string): Usage | undefined {
    const read = this.#reader(key);
    const memoryBytes = this.#dialect.memoryBytes(read);
    const cpuMs = this.#dialect.cpuMs(read);
    return memoryBytes === undefined && cpuMs === undefined ? undefined : { memoryBytes: memoryBytes ?? 0, cpuMs: cpuMs ?? 0 };
  }

  oomKills(key: string): number {
    return this.#dialect.oomKills(this.#reader(key));
  }

  /** Pids of whatever lives in the groups of an attempt. */
  members(key: string): number[] {
    const pids = this.#directories(key).flatMap((directory) => (readText(join(directory, 'cgroup.procs')) ?? '').split('\n'));
    return [...new Set(pids.filter((pid) => pid !== '').map(Number))];
  }

  /** False while something still lives in them. */
  remove(key: string): boolean {
    for (const directory of this.#directories(key)) {
      try {
        rmdirSync(directory);
      } catch (error) {
        if (!isGone(error)) return false;
      }
    }
    return true;
  }

  /** Takes the trees away where no attempt is left in them. */
  close(): void {
    for (const tree of this.#trees()) {
      try {
        rmdirSync(tree);
      } catch {
        // Something lives there: the next agent needs it.
      }
    }
  }

  keys(): string[] {
    const entries = this.#trees().flatMap((base) => {
      try {
        return readdirSync(base, { withFileTypes: true });
      } catch {
        return [];
      }
    });
    return [...new Set(entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name))];
  }

  #trees(): string[] {
    return [...new Set([...Object.values(this.#dialect.bases), ...this.#extra])];
  }

  #directories(key: string): string[] {
    return this.#trees().map((base) => join(base, key));
  }

  #reader(key: string): (file: string) => string | undefined {
    const directories = this.#directories(key);
    return (file) => {
      for (const directory of directories) {
        const text = readText(join(directory, file));
        if (text !== undefined) return text.trimEnd();
      }
      return undefined;
    };
  }
}

/** By its code alone: an error of the file system need not be of this realm. */
const isGone = (error: unknown): boolean => typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
