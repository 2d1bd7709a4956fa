import { cpus, totalmem } from 'node:os';

/** One way of doing a thing, to be measured against others. */
export interface Contender {
  readonly name: string;
  /** Does it once. */
  readonly run: () => Promise<unknown>;
}

export interface Measured {
  readonly name: string;
  readonly inFlight: number;
  /** Medians over the rounds. */
  readonly perSecond: number;
  /** CPU of this process per operation, in microseconds: steadier than the rate, and without the servers. */
  readonly cpuMicros: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Plan {
  readonly inFlight: number;
  readonly rounds: number;
  readonly windowMs: number;
}

interface Window {
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly latencies: readonly number[];
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
};

export const quantile = (values: readonly number[], part: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
};

/** So many at once, for so long. */
const window = async ({ run }: Contender, inFlight: number, windowMs: number): Promise<Window> => {
  const latencies: number[] = [];
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const until = startedAt + windowMs;
  const work = async (): Promise<void> => {
    while (performance.now() < until) {
      const began = performance.now();
      await run();
      latencies.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { perSecond: latencies.length / seconds, cpuMicros: (user + system) / latencies.length, latencies };
};

/** Contenders take turns in every round, so that a busy moment of the machine meets all of them. */
export const measure = async (contenders: readonly Contender[], { inFlight, rounds, windowMs }: Plan): Promise<readonly Measured[]> => {
  const windows = new Map<string, Window[]>(contenders.map(({ name }) => [name, []]));
  for (const contender of contenders) await window(contender, inFlight, windowMs / 3);
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of contenders) windows.get(contender.name)?.push(await window(contender, inFlight, windowMs));
  }
  return [...windows].map(([name, all]) => {
    const latencies = all.flatMap((one) => one.latencies);
    return {
      name,
      inFlight,
      perSecond: median(all.map((one) => one.perSecond)),
      cpuMicros: median(all.map((one) => one.cpuMicros)),
      p50Ms: quantile(latencies, 0.5),
      p99Ms: quantile(latencies, 0.99),
    };
  });
};

/** One line of a report: a number of ours, what it is held against, and whether the goal is met. */
export interface Line {
  readonly what: string;
  readonly ours: string;
  readonly peer: string;
  readonly ratio?: number;
  readonly goal?: string;
  readonly isMet?: boolean;
}

export interface Report {
  readonly name: string;
  readonly lines: readonly Line[];
}

export const machine = (): string => {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
};

export const printReport = ({ name, lines }: Report): void => {
  const rows = [
    ['', 'ours', 'peer', 'ratio', 'goal', ''],
    ...lines.map((line) => [
      line.what,
      line.ours,
      line.peer,
      line.ratio === undefined ? '' : `${line.ratio.toFixed(2)} ×`,
      line.goal ?? '',
      line.isMet === undefined ? '' : line.isMet ? 'met' : 'MISSED',
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  console.log(`\n${name}`);
  for (const row of rows) console.log(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
};
