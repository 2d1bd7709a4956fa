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
  /** … one for at most so many whole GPUs. */
  readonly whole: Float64Array;
  /** … none of them. */
  readonly other: number;
}

interface Step extends Odds {
  /** Good from so much free CPU on. */
  readonly cpuMilli: number;
}

const none = (other: number): Step => ({
  cpuMilli: Number.NEGATIVE_INFINITY,
  share: new Float64Array(wholeGpu + 1),
  whole: new Float64Array(mostGpus + 1),
  other,
});

const withMore = (before: Step, cpuMilli: number, demands: readonly Demand[]): Step => {
  const share = new Float64Array(before.share);
  const whole = new Float64Array(before.whole);
  let { other } = before;
  for (const demand of demands) {
    const [table, from] = demand.isShare ? [share, demand.gpuMilli] : [whole, demand.gpus];
    for (let at = from; at < table.length; at += 1) table[at] = (table[at] ?? 0) + demand.probability;
    other -= demand.probability;
  }
  return { cpuMilli, share, whole, other };
};

/** Steps by rising CPU, for GPUs of one model. */
const stepsOf = (demands: readonly Demand[], model: number): readonly Step[] => {
  const byCpu = new Map<number, Demand[]>();
  let total = 0;
  for (const demand of demands) {
    total += demand.probability;
    if (demand.allows[model] === 0) continue;
    const same = byCpu.get(demand.cpuMilli);
    if (same) same.push(demand);
    else byCpu.set(demand.cpuMilli, [demand]);
  }
  const steps = [none(total)];
  for (const [cpuMilli, same] of [...byCpu].sort(([a], [b]) => a - b)) {
    const before = steps.at(-1);
    if (before) steps.push(withMore(before, cpuMilli, same));
  }
  return steps;
};

/**
 * Tables of what the next request is like, made when they are first asked for: with them the fragments of a machine are computed in
 * time proportional to its GPUs, however many classes of requests there are.
 */
export class OddsTables {
  private readonly byModel = new Map<number, readonly Step[]>();

  constructor(private readonly demands: readonly Demand[]) {}

  /** Kinds of GPUs have come that were not asked about before. */
  forget(): void {
    this.byModel.clear();
  }

  of(model: number, cpuMilli: number): Odds {
    let steps = this.byModel.get(model);
    if (!steps) {
      steps = stepsOf(this.demands, model);
      this.byModel.set(model, steps);
    }
    let low = 0;
    let high = steps.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((steps[middle]?.cpuMilli ?? 0) <= cpuMilli) low = middle;
      else high = middle - 1;
    }
    return steps[low] ?? none(1);
  }
}
