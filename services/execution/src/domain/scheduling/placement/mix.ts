import { gpuMilliOf, type Need } from './need.ts';
import { type Demand, OddsTables } from './odds.ts';
import type { FleetNeed } from './place.ts';

/** What the next requests will be like. */
export interface Forecast {
  /** Those that ask for GPUs, likeliest first; what is left of their probability asks for none, or is too rare. */
  readonly demands: readonly Demand[];
  readonly odds: OddsTables;
  /** Of all that ask for GPUs: what goes with a thousandth of a GPU, on average. */
  readonly cpuMilliPerGpuMilli: number;
  readonly memoryMibPerGpuMilli: number;
  /** Grows when it is made anew. */
  readonly edition: number;
}

/** What a mix knows, as JSON carries it. */
export interface MixReading {
  readonly classes: readonly { readonly key: string; readonly need: Need; readonly weight: number }[];
  readonly gain: number;
  readonly arrivals: number;
  readonly renewAt: number;
  readonly demands: readonly { readonly need: Need; readonly probability: number }[];
  readonly cpuMilliPerGpuMilli: number;
  readonly memoryMibPerGpuMilli: number;
  readonly edition: number;
}

interface Class {
  readonly need: FleetNeed;
  weight: number;
}

/** Arrivals after which an old one counts for 1/e of a new one. */
const memory = 20_000;
/** Each has its price in every look at a machine. */
const mostDemands = 256;
const mostClasses = 4 * mostDemands;
/** Weights grow instead of shrinking all together; they are put right before they leave the range of numbers. */
const heaviest = 1e12;
const renewEvery = 65_536;
const firstRenewals = 8;

/** Slices of GPUs in MIG mode are no use of the others. */
const asksForGpus = ({ gpus, mig }: FleetNeed): boolean => gpus > 0 && mig === null;

/**
 * A live estimate of the workload: what arrives is counted, and forgotten slowly. The forecast is made anew at the first arrivals,
 * each time there are eight times as many, and then now and then, for whatever was computed from it is stale.
 */
export class Mix {
  private readonly classes = new Map<string, Class>();
  private gain = 1;
  private arrivals = 0;
  private renewAt = 1;
  private current: Forecast = { demands: [], odds: new OddsTables([]), cpuMilliPerGpuMilli: 0, memoryMibPerGpuMilli: 0, edition: 0 };

  get forecast(): Forecast {
    return this.current;
  }

  /**
   * Something has been asked for, whether or not there is room for it. Requests that differ in memory alone have one key: it is seldom
   * what is short, and `Forecast` has its average.
   */
  note(need: FleetNeed, key: string): void {
    const known = this.classes.get(key);
    if (known) known.weight += this.gain;
    else this.classes.set(key, { need, weight: this.gain });
    this.gain *= 1 + 1 / memory;
    if (this.gain > heaviest) this.settle();
    this.arrivals += 1;
    if (this.arrivals < this.renewAt) return;
    this.renewAt = Math.min(firstRenewals * this.renewAt, this.renewAt + renewEvery);
    this.renew();
  }

  /** Those that it knows may be served by kinds of GPUs that came later. */
  renewKinds(renew: (need: FleetNeed) => void): void {
    for (const { need } of this.classes.values()) renew(need);
    // Those of a forecast that was read are needs of its own.
    for (const demand of this.current.demands) renew(demand);
    this.current.odds.forget();
  }

  reading(): MixReading {
    const { demands, cpuMilliPerGpuMilli, memoryMibPerGpuMilli, edition } = this.current;
    return {
      classes: [...this.classes].map(([key, { need, weight }]) => ({ key, need: need.asked, weight })),
      gain: this.gain,
      arrivals: this.arrivals,
      renewAt: this.renewAt,
      demands: demands.map(({ asked, probability }) => ({ need: asked, probability })),
      cpuMilliPerGpuMilli,
      memoryMibPerGpuMilli,
      edition,
    };
  }

  /** Forecasts as the one did that was read. */
  restore(reading: MixReading, needOf: (need: Need) => FleetNeed): void {
    this.classes.clear();
    for (const { key, need, weight } of reading.classes) this.classes.set(key, { need: needOf(need), weight });
    const { gain, arrivals, renewAt, cpuMilliPerGpuMilli, memoryMibPerGpuMilli, edition } = reading;
    this.gain = gain;
    this.arrivals = arrivals;
    this.renewAt = renewAt;
    const demands = reading.demands.map(({ need, probability }) => ({ ...needOf(need), probability }));
    this.current = { demands, odds: new OddsTables(demands), cpuMilliPerGpuMilli, memoryMibPerGpuMilli, edition };
  }

  private settle(): void {
    for (const each of this.classes.values()) each.weight /= this.gain;
    this.gain = 1;
  }

  private renew(): void {
    const ordered = [...this.classes].sort(([, a], [, b]) => b.weight - a.weight);
    for (const [key] of ordered.slice(mostClasses)) this.classes.delete(key);
    let [total, cpu, memoryMib, gpu] = [0, 0, 0, 0];
    for (const { need, weight } of this.classes.values()) {
      total += weight;
      if (!asksForGpus(need)) continue;
      cpu += weight * need.cpuMilli;
      memoryMib += weight * need.memoryMib;
      gpu += weight * gpuMilliOf(need);
    }
    const demands = ordered
      .filter(([, { need }]) => asksForGpus(need))
      .slice(0, mostDemands)
      .map(([, { need, weight }]) => ({ ...need, probability: weight / total }));
    const perGpu = (amount: number): number => (gpu === 0 ? 0 : amount / gpu);
    this.current = {
      demands,
      odds: new OddsTables(demands),
      cpuMilliPerGpuMilli: perGpu(cpu),
      memoryMibPerGpuMilli: perGpu(memoryMib),
      edition: this.current.edition + 1,
    };
  }
}
