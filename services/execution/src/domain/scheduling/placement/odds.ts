import { wholeGpu } from './need.ts';
import type { FleetNeed } from './place.ts';

/** A class of requests, and how likely the next one is of it. */
export interface Demand extends FleetNeed {
  readonly probability: number;
}

const mostGpus = 64;

/** Of the requests that a model and so much CPU will do for: how likely the next one is … */
export interface Odds {
  /** … one for a share of at most so many thousandths of a GPU. */
  readonly share: Float64Array;
  readonly anyShare: number;
  /** … one for at most so many whole GPUs. */
  readonly whole: Float64Array;
  readonly anyWhole: number;
  /** … none of them. */
  readonly other: number;
}

/** By rising CPU, for GPUs of one kind. */
interface Steps {
  /** How much free CPU each is good from. */
  readonly cpuMilli: Float64Array;
  readonly odds: readonly Odds[];
}

const none = (other: number): Odds => ({
  share: new Float64Array(wholeGpu + 1),
  anyShare: 0,
  whole: new Float64Array(mostGpus + 1),
  anyWhole: 0,
  other,
});

const withMore = (before: Odds, demands: readonly Demand[]): Odds => {
  const share = new Float64Array(before.share);
  const whole = new Float64Array(before.whole);
  let { other } = before;
  for (const demand of demands) {
    const [table, from] = demand.isShare ? [share, demand.gpuMilli] : [whole, demand.gpus];
    for (let at = from; at < table.length; at += 1) table[at] = (table[at] ?? 0) + demand.probability;
    other -= demand.probability;
  }
  return { share, anyShare: share.at(-1) ?? 0, whole, anyWhole: whole.at(-1) ?? 0, other };
};

const stepsOf = (demands: readonly Demand[], kind: number): Steps => {
  const byCpu = new Map<number, Demand[]>();
  let total = 0;
  for (const demand of demands) {
    total += demand.probability;
    if (demand.allows[kind] === 0) continue;
    const same = byCpu.get(demand.cpuMilli);
    if (same) same.push(demand);
    else byCpu.set(demand.cpuMilli, [demand]);
  }
  const ordered = [...byCpu].sort(([a], [b]) => a - b);
  let last = none(total);
  const odds = [last];
  for (const [, same] of ordered) {
    last = withMore(last, same);
    odds.push(last);
  }
  return { cpuMilli: Float64Array.from([Number.NEGATIVE_INFINITY, ...ordered.map(([cpuMilli]) => cpuMilli)]), odds };
};

/**
 * Tables of what the next request is like, made when they are first asked for: with them the fragments of a machine are computed in
 * time proportional to its GPUs, however many classes of requests there are.
 */
export class OddsTables {
  private byKind: (Steps | undefined)[] = [];

  /** The last that was asked for: a share is tried on each GPU of a machine. */
  private last = { kind: -1, cpuMilli: 0, odds: none(0) };

  constructor(private readonly demands: readonly Demand[]) {}

  /** Kinds of GPUs have come that were not asked about before. */
  forget(): void {
    this.byKind = [];
    this.last.kind = -1;
  }

  of(kind: number, cpuMilli: number): Odds {
    const { last } = this;
    if (last.kind === kind && last.cpuMilli === cpuMilli) return last.odds;
    last.kind = kind;
    last.cpuMilli = cpuMilli;
    last.odds = this.find(kind, cpuMilli);
    return last.odds;
  }

  private find(kind: number, cpuMilli: number): Odds {
    const steps = this.byKind[kind] ?? this.make(kind);
    const from = steps.cpuMilli;
    let low = 0;
    let high = from.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((from[middle] ?? 0) <= cpuMilli) low = middle;
      else high = middle - 1;
    }
    return steps.odds[low] ?? none(1);
  }

  private make(kind: number): Steps {
    const steps = stepsOf(this.demands, kind);
    this.byKind[kind] = steps;
    return steps;
  }
}
