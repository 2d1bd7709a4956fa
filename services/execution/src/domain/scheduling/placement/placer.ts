import { canServe, type Fleet, findGpus, shift } from './fleet.ts';
import { Mix } from './mix.ts';
import { isShare, keyOf, type Need } from './need.ts';
import type { FleetNeed, Place } from './place.ts';
import type { Policy } from './policies.ts';
import { Tournament } from './tournament.ts';
import { fragmentsOf } from './waste.ts';

export interface Found {
  readonly place: Place;
  /** Indexes of the GPUs, lowest first. */
  readonly gpus: readonly number[];
  readonly price: number;
  /** How many machines had room. */
  readonly candidates: number;
}

/** What was found out about each place for one class of needs. */
interface Prices {
  readonly need: FleetNeed;
  /** Of the forecast that they were computed with. */
  edition: number;
  /** Of the fleet's changes: what came before is in the prices. */
  position: number;
  tournament: Tournament;
  /** The GPU to share; of whole ones the first are taken. */
  gpu: Uint8Array;
}

/** One price a place and class: beyond it the class that was asked for longest ago is forgotten. */
const mostClasses = 512;

const outOfReach = Number.POSITIVE_INFINITY;

/** GPUs of one model with as much left are alike. */
const isLikeEarlier = ({ free, modelNumbers }: Place, index: number): boolean => {
  for (let earlier = 0; earlier < index; earlier += 1) {
    if (free.gpus[earlier] === free.gpus[index] && modelNumbers[earlier] === modelNumbers[index]) return true;
  }
  return false;
};

/**
 * Finds the cheapest place for a need. Prices are kept for each class of needs, so that a decision looks again only at what has
 * changed since the last one of its class.
 */
export class Placer {
  private readonly mix = new Mix();
  private readonly known = new Map<string, Prices>();
  /** Those that are being looked at: made once, for there are millions of looks. */
  private readonly gpus: number[] = [];
  /** What a place is worth as it stands, and of which revision and edition that is. */
  private worth = { value: new Float64Array(0), revision: new Float64Array(0), edition: -1 };

  constructor(
    private readonly fleet: Fleet,
    private readonly policy: Policy,
  ) {}

  /** Null where nothing has room for it now. Changes nothing but what it remembers. */
  find(need: Need): Found | null {
    const prices = this.pricesOf(need);
    this.refresh(prices);
    const index = prices.tournament.best();
    const place = index === null ? undefined : this.fleet.places[index];
    if (!place) return null;
    const gpus = [prices.gpu[place.index] ?? 0];
    if (!isShare(prices.need)) findGpus(place, prices.need, gpus);
    return { place, gpus, price: prices.tournament.priceOf(place.index), candidates: prices.tournament.candidates };
  }

  /** Something has been asked for: what comes next will be like it. */
  note(need: Need): void {
    this.mix.note(this.pricesOf(need).need);
  }

  /** Of all that is free: what the next request could not use, on average. */
  fragmentedMilli(): number {
    let sum = 0;
    for (const place of this.fleet.places) if (place) sum += fragmentsOf(place, this.mix.forecast);
    return sum;
  }

  private pricesOf(need: Need): Prices {
    const key = keyOf(need);
    const known = this.known.get(key);
    // To the end of the order in which they are forgotten.
    if (known) this.known.delete(key);
    const prices = known ?? { need: this.fleet.needOf(need), edition: -1, position: 0, tournament: this.draw(0), gpu: new Uint8Array(0) };
    this.known.set(key, prices);
    for (const [oldest] of this.known) {
      if (this.known.size <= mostClasses) break;
      this.known.delete(oldest);
    }
    return prices;
  }

  /** Equal ones in the order of their ids, so that a fleet that was told in another order decides the same. */
  private draw(size: number): Tournament {
    const idOf = (index: number): string => this.fleet.places[index]?.id ?? '';
    return new Tournament(size, (one, other) => idOf(one) < idOf(other));
  }

  /** Puts the prices right for what has happened since. */
  private refresh(prices: Prices): void {
    const { changes, places } = this.fleet;
    const { edition } = this.mix.forecast;
    const isStale = prices.edition !== edition || prices.tournament.size < places.length || !this.policy.isSteady;
    const changed = isStale ? null : changes.since(prices.position);
    prices.edition = edition;
    prices.position = changes.position;
    if (changed === null || changed.length > places.length) {
      if (prices.tournament.size < places.length) {
        prices.tournament = this.draw(2 * places.length);
        prices.gpu = new Uint8Array(2 * places.length);
      }
      prices.tournament.setAll(places.length, (index) => this.look(index, prices));
      return;
    }
    for (const index of changed) prices.tournament.set(index, this.look(index, prices));
  }

  private look(index: number, prices: Prices): number {
    const { need } = prices;
    const place = this.fleet.room.mayServe(index, need) ? this.fleet.places[index] : undefined;
    if (!place) return outOfReach;
    if (isShare(need)) return this.lookAtShares(place, prices);
    return findGpus(place, need, this.gpus) ? this.priceOf(place, need, this.gpus) : outOfReach;
  }

  private lookAtShares(place: Place, { need, gpu }: Prices): number {
    let best = outOfReach;
    for (let index = 0; index < place.modelNumbers.length; index += 1) {
      if (!canServe(place, need, index) || isLikeEarlier(place, index)) continue;
      this.gpus.length = 1;
      this.gpus[0] = index;
      const price = this.priceOf(place, need, this.gpus);
      if (price >= best) continue;
      best = price;
      gpu[place.index] = index;
    }
    return best;
  }

  private priceOf(place: Place, need: FleetNeed, gpus: readonly number[]): number {
    const before = this.worthOf(place);
    // Tried on the place itself and taken back: a copy for each look would cost more than the look.
    shift(-1, place, need, gpus);
    const price = this.policy.price(place, before, this.mix.forecast);
    shift(1, place, need, gpus);
    return price;
  }

  private worthOf(place: Place): number {
    const { forecast } = this.mix;
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
