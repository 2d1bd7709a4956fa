import { canServe, type Fleet } from './fleet.ts';
import { slotOf } from './mig.ts';
import type { Forecast } from './mix.ts';
import type { FleetNeed, Place } from './place.ts';
import type { Policy } from './policies.ts';

export const outOfReach = Number.POSITIVE_INFINITY;

/** More than any machine has. */
const mostGpus = 256;

/** GPUs of one kind with as much left are alike. */
const isLikeEarlier = ({ free, kinds }: Place, index: number): boolean => {
  for (let earlier = 0; earlier < index; earlier += 1) {
    if (free.gpus[earlier] === free.gpus[index] && kinds[earlier] === kinds[index]) return true;
  }
  return false;
};

/** Says what a need would cost on each machine, for one policy. */
export class Look {
  /** Those that are being looked at: made once, for there are millions of looks. */
  private readonly gpus = new Uint8Array(mostGpus);
  /** What a place is worth as it stands, and of which revision and edition that is. */
  private worth = { value: new Float64Array(0), revision: new Float64Array(0), edition: -1 };
  /** Of the machines of each shape on which there is nothing: the first that was looked at in this round. */
  private untouched = { index: new Int32Array(0), price: new Float64Array(0) };

  constructor(
    private readonly fleet: Fleet,
    private readonly policy: Policy,
  ) {}

  /** Before all places are looked at, for one need. */
  beginRound(): void {
    const { index, price } = this.untouched;
    const { shapeCount } = this.fleet;
    const isEnough = index.length >= shapeCount;
    this.untouched = isEnough ? { index, price } : { index: new Int32Array(2 * shapeCount), price: new Float64Array(2 * shapeCount) };
    this.untouched.index.fill(-1);
  }

  /** In a round, machines of one shape with nothing on them are looked at once: a cluster has few shapes, and many such machines. */
  inRound(index: number, need: FleetNeed, gpu: Uint8Array, forecast: Forecast): number {
    const shape = this.fleet.room.untouchedShapeOf(index);
    // Who may go there, and what chance makes of it, is each machine's own.
    if (shape < 0 || need.suits !== null || !this.policy.isSteady) return this.at(index, need, gpu, forecast);
    const { untouched } = this;
    const like = untouched.index[shape] ?? -1;
    if (like >= 0) {
      gpu[index] = gpu[like] ?? 0;
      return untouched.price[shape] ?? 0;
    }
    const price = this.at(index, need, gpu, forecast);
    untouched.index[shape] = index;
    untouched.price[shape] = price;
    return price;
  }

  /** Writes the GPU to share, or to slice, into `gpu`; of whole ones the first are taken. */
  at(index: number, need: FleetNeed, gpu: Uint8Array, forecast: Forecast): number {
    const place = this.placeAt(index, need);
    return place ? this.on(place, need, gpu, forecast) : outOfReach;
  }

  private placeAt(index: number, need: FleetNeed): Place | undefined {
    const place = this.fleet.room.mayServe(index, need) ? this.fleet.places[index] : undefined;
    return place && (need.suits === null || need.suits(place)) ? place : undefined;
  }

  private on(place: Place, need: FleetNeed, gpu: Uint8Array, forecast: Forecast): number {
    if (need.mig !== null) return this.onSlices(place, need, gpu, forecast);
    if (need.isShare) return this.onShares(place, need, gpu, forecast);
    let found = 0;
    for (let index = 0; index < place.kinds.length && found < need.gpus; index += 1) {
      if (!canServe(place, need, index)) continue;
      this.gpus[found] = index;
      found += 1;
    }
    return found === need.gpus ? this.priceOf(place, need, found, forecast) : outOfReach;
  }

  private onShares(place: Place, need: FleetNeed, gpu: Uint8Array, forecast: Forecast): number {
    let best = outOfReach;
    for (let index = 0; index < place.kinds.length; index += 1) {
      if (!canServe(place, need, index) || isLikeEarlier(place, index)) continue;
      this.gpus[0] = index;
      const price = this.priceOf(place, need, 1, forecast);
      if (price >= best) continue;
      best = price;
      gpu[place.index] = index;
    }
    return best;
  }

  private onSlices(place: Place, need: FleetNeed, gpu: Uint8Array, forecast: Forecast): number {
    let least = outOfReach;
    for (let index = 0; index < place.kinds.length; index += 1) {
      const loss = need.allows[place.kinds[index] ?? 0] === 1 ? lossAt(place, need, index) : outOfReach;
      if (loss >= least) continue;
      least = loss;
      gpu[place.index] = index;
    }
    return least === outOfReach ? outOfReach : this.priceOf(place, need, 0, forecast) + this.policy.lossWeight * least;
  }

  /** With the first so many of `gpus`. Tried on the place itself and taken back: a copy for each look would cost more than the look. */
  private priceOf(place: Place, need: FleetNeed, count: number, forecast: Forecast): number {
    const before = this.worthOf(place, forecast);
    this.shift(-1, place, need, count);
    const price = this.policy.price(place, before, forecast);
    this.shift(1, place, need, count);
    return price;
  }

  private shift(sign: 1 | -1, { free }: Place, need: FleetNeed, count: number): void {
    free.cpuMilli += sign * need.cpuMilli;
    free.memoryMib += sign * need.memoryMib;
    for (let at = 0; at < count; at += 1) {
      const index = this.gpus[at] ?? 0;
      free.gpus[index] = (free.gpus[index] ?? 0) + sign * need.gpuMilli;
    }
  }

  private worthOf(place: Place, forecast: Forecast): number {
    const size = this.fleet.places.length;
    if (this.worth.edition !== forecast.edition || this.worth.value.length < size) {
      this.worth = { value: new Float64Array(2 * size), revision: new Float64Array(2 * size), edition: forecast.edition };
    }
    const { value, revision } = this.worth;
    if (revision[place.index] !== place.revision) {
      value[place.index] = this.policy.before(place, forecast);
      revision[place.index] = place.revision;
    }
    return value[place.index] ?? 0;
  }
}

const lossAt = (place: Place, need: FleetNeed, index: number): number => {
  const family = place.mig?.[index];
  if (!family || need.mig === null || place.closed?.has(index)) return outOfReach;
  return slotOf(family, need.mig, place.slices?.[index] ?? 0)?.loss ?? outOfReach;
};
