import type { Forecast } from './mix.ts';
import { wholeGpu } from './need.ts';
import type { Demand, Odds } from './odds.ts';
import type { Place } from './place.ts';

/** What of a machine is free, and what its GPUs are. */
export type Leftover = Pick<Place, 'free' | 'kinds' | 'onlyKind'>;

/** GPU thousandths. */
export const freeMilliOf = ({ free: { gpus } }: Pick<Leftover, 'free'>): number => {
  let total = 0;
  for (let index = 0; index < gpus.length; index += 1) total += gpus[index] ?? 0;
  return total;
};

/** By the tables, for a machine with GPUs of one kind. */
const fragmentsByOdds = (gpus: Int16Array, { share, anyShare, whole, anyWhole, other }: Odds, total: number): number => {
  let most = 0;
  let free = 0;
  for (let index = 0; index < gpus.length; index += 1) {
    const milli = gpus[index] ?? 0;
    if (milli > most) most = milli;
    if (milli === wholeGpu) free += 1;
  }
  const servable = share[most] ?? 0;
  let sum = total * (other + anyShare - servable);
  // What is too small for a share that another GPU here has room for.
  for (let index = 0; index < gpus.length; index += 1) {
    const milli = gpus[index] ?? 0;
    if (milli > 0 && milli < most) sum += milli * (servable - (share[milli] ?? 0));
  }
  const wholes = whole[Math.min(free, whole.length - 1)] ?? 0;
  return sum + total * anyWhole - wholes * wholeGpu * free;
};

/** GPU thousandths that a request of this class could not use. */
const unusableTo = (demand: Demand, { free, kinds }: Leftover, total: number): number => {
  if (demand.cpuMilli > free.cpuMilli) return total;
  const { allows, gpus, gpuMilli } = demand;
  let usable = 0;
  let serving = 0;
  for (const [index, milli] of free.gpus.entries()) {
    if (milli < gpuMilli || allows[kinds[index] ?? 0] === 0) continue;
    usable += milli;
    serving += 1;
  }
  return serving < gpus ? total : total - usable;
};

const fragments = (left: Leftover, { demands, odds }: Forecast, total: number): number => {
  if (left.onlyKind !== null) return fragmentsByOdds(left.free.gpus, odds.of(left.onlyKind, left.free.cpuMilli), total);
  let sum = 0;
  for (const demand of demands) sum += demand.probability * unusableTo(demand, left, total);
  return sum;
};

/**
 * What of a machine's free GPUs the next request for GPUs could not use, on average, in thousandths of a GPU.
 * Source: Weng et al., "Beware of Fragmentation", USENIX ATC 2023, section 4.
 */
export const fragmentsOf = (left: Leftover, forecast: Forecast): number => fragments(left, forecast, freeMilliOf(left));

/** GPU thousandths for which CPU or memory will be missing when average requests take all the rest. */
const strandedOf = ({ free }: Leftover, { cpuMilliPerGpuMilli: cpu, memoryMibPerGpuMilli: memory }: Forecast, total: number): number => {
  const fed = Math.min(cpu > 0 ? free.cpuMilli / cpu : total, memory > 0 ? free.memoryMib / memory : total);
  return Math.max(0, total - fed);
};

/**
 * What of a machine's free GPUs is likely to stay unused, in thousandths of a GPU: its fragments, and what will be stranded, which
 * sees a shortage of CPU or memory long before the next request would. `total`: the thousandths that are free.
 */
export const wasteOf = (left: Leftover, forecast: Forecast, total: number = freeMilliOf(left)): number =>
  total === 0 ? 0 : fragments(left, forecast, total) + strandedOf(left, forecast, total);
