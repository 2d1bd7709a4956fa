import { canServe, type Fleet, findGpus, shift } from './fleet.ts';
import { slotOf } from './mig.ts';
import type { Forecast } from './mix.ts';
import type { FleetNeed, Place } from './place.ts';
import type { Policy } from './policies.ts';

export const outOfReach = Number.POSITIVE_INFINITY;

const noGpus: readonly number[] = [];

/** GPUs of one kind with as much left are alike. */
const isLikeEarlier = ({ free, kinds }: Place, index: number): boolean => {
  for (let earlier = 0; earlier < index; earlier += 1) {
    if (free.gpus[earlier] === free.gpus[index] && kinds[earlier] === kinds[index]) return true;
  }
  return false;
};

/** Says what a need would cost on a machine. */
export class Look {
  /** Those that are being looked at: made once, for there are millions of looks. */
  private readonly gpus: number[] = [];
  /** What a place is worth as it stands, and of which revision and edition that is. */
  private worth = { value: new Float64Array(0), revision: new Float64Array(0), edition: -1 };

  constructor(
    private readonly fleet: Fleet,
    private readonly policy: Policy,
  ) {}

  /** Writes the GPU to share, or to slice, into `gpu`; of whole ones the first are taken. */
  at(index: number, need: FleetNeed, gpu: Uint8Array, forecast: Forecast): number {
    const place = this.fleet.room.mayServe(index, need) ? this.fleet.places[index] : undefined;
    if (!place || (need.suits !== null && !need.suits(place))) return outOfReach;
    if (need.mig !== null) return this.atSlices(place, need, gpu, forecast);
    if (need.isShare) return this.atShares(place, need, gpu, forecast);
    return findGpus(place, need, this.gpus) ? this.priceOf(place, need, this.gpus, forecast) : outOfReach;
  }

  private atShares(place: Place, need: FleetNeed, gpu: Uint8Array, forecast: Forecast): number {
    let best = outOfReach;
    for (let index = 0; index < place.kinds.length; index += 1) {
      if (!canServe(place, need, index) || isLikeEarlier(place, index)) continue;
      this.gpus.length = 1;
      this.gpus[0] = index;
      const price = this.priceOf(place, need, this.gpus, forecast);
      if (price >= best) continue;
      best = price;
      gpu[place.index] = index;
    }
    return best;
  }

  private atSlices(place: Place, need: FleetNeed, gpu: Uint8Array, forecast: Forecast): number {
    let least = outOfReach;
    for (let index = 0; index < place.kinds.length; index += 1) {
      const loss = need.allows[place.kinds[index] ?? 0] === 1 ? lossAt(place, need, index) : outOfReach;
      if (loss >= least) continue;
      least = loss;
      gpu[place.index] = index;
    }
    return least === outOfReach ? outOfReach : this.priceOf(place, need, noGpus, forecast) + this.policy.lossWeight * least;
  }

  private priceOf(place: Place, need: FleetNeed, gpus: readonly number[], forecast: Forecast): number {
    const before = this.worthOf(place, forecast);
    // Tried on the place itself and taken back: a copy for each look would cost more than the look.
    shift(-1, place, need, gpus);
    const price = this.policy.price(place, before, forecast);
    shift(1, place, need, gpus);
    return price;
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
