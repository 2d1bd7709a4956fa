import { cheapestOf, favouriteOf, gpusFor } from './choice.ts';
import type { Fleet } from './fleet.ts';
import { findGang } from './gangs.ts';
import { Look, outOfReach } from './look.ts';
import { slotOf } from './mig.ts';
import { Mix, type MixReading } from './mix.ts';
import { demandKeyOf, type Need, priceKeyOf } from './need.ts';
import type { FleetNeed, Found, Place } from './place.ts';
import type { Policy } from './policies.ts';
import { Tournament } from './tournament.ts';
import { fragmentsOf } from './waste.ts';
import { acceptsOf, type FindOptions } from './wishes.ts';

/** What was found out about each place for one class of needs. */
interface Prices {
  readonly need: FleetNeed;
  /** What it counts as in the mix. */
  readonly demandKey: string;
  /** Of the forecast that they were computed with. */
  edition: number;
  /** Of the fleet's changes: what came before is in the prices. */
  position: number;
  tournament: Tournament;
  /** The GPU to share, or to slice. */
  gpu: Uint8Array;
}

/** One a place and class, of some twelve bytes: where there are more, the class that was asked for longest ago is forgotten. */
const mostPrices = 2 ** 24;
const mostClasses = 4_096;

/** When a fleet has grown, it may go on. */
const growth = 1.25;

const everywhere = (): boolean => true;

/**
 * Finds the cheapest place for a need. Prices are kept for each class of needs, so that a decision looks again only at what has
 * changed since the last one of its class.
 */
export class Placer {
  private readonly mix = new Mix();
  private readonly known = new Map<string, Prices>();
  /** What is noted is looked for next. */
  private last: { readonly need: Need; readonly prices: Prices } | null = null;
  private readonly looks: Look;
  private kindCount = 0;

  constructor(
    private readonly fleet: Fleet,
    private readonly policy: Policy,
  ) {
    this.looks = new Look(fleet, policy);
  }

  /** Null where nothing has room for it now. Changes nothing but what it remembers. */
  find(asked: Need, options: FindOptions = {}): Found | null {
    const prices = this.pricesOf(asked);
    this.refresh(prices);
    const place = this.choose(prices, asked, options);
    if (!place) return null;
    const { tournament, need } = prices;
    const gpus = gpusFor(place, need, prices.gpu[place.index] ?? 0);
    const [gpu = 0] = gpus;
    const slot = need.mig === null ? null : slotOf(place.mig?.[gpu] ?? '', need.mig, place.slices?.[gpu] ?? 0);
    return { place, gpus, slice: slot?.start ?? null, price: tournament.priceOf(place.index), candidates: tournament.candidates };
  }

  /** So many members, all or none. Changes nothing but what it remembers. */
  findGang(need: Need, nodes: number, options: FindOptions = {}): readonly Found[] | null {
    return nodes === 1 ? this.findOne(need, options) : findGang(this.fleet, this, { need, nodes, options });
  }

  eachWithRoom(asked: Need, options: FindOptions, visit: (place: Place, need: FleetNeed, price: number) => void): void {
    const prices = this.pricesOf(asked);
    this.refresh(prices);
    const accepts = this.acceptsOf(prices, asked, options) ?? everywhere;
    for (const place of this.fleet.places) {
      const price = place ? prices.tournament.priceOf(place.index) : outOfReach;
      if (place && price !== outOfReach && accepts(place)) visit(place, prices.need, price);
    }
  }

  /** Something has been asked for: what comes next will be like it. */
  note(need: Need): void {
    const { need: noted, demandKey } = this.pricesOf(need);
    this.mix.note(noted, demandKey);
  }

  /** What it expects to be asked for, to be told to another one. */
  reading(): MixReading {
    return this.mix.reading();
  }

  expect(reading: MixReading): void {
    this.mix.restore(reading, (need) => this.fleet.needOf(need));
  }

  /** Of all that is free: what the next request could not use, on average. */
  fragmentedMilli(): number {
    let sum = 0;
    for (const place of this.fleet.places) if (place) sum += fragmentsOf(place, this.mix.forecast);
    return sum;
  }

  private findOne(need: Need, options: FindOptions): readonly Found[] | null {
    const found = this.find(need, options);
    return found && [found];
  }

  private choose(prices: Prices, asked: Need, options: FindOptions): Place | null {
    const { tournament, need } = prices;
    const { places, hasTies } = this.fleet;
    const index = tournament.best();
    const winner = index === null ? undefined : places[index];
    if (!winner) return null;
    const accepts = this.acceptsOf(prices, asked, options);
    const hasWishes = hasTies || asked.images !== undefined || asked.weights !== undefined;
    if (accepts === null && !hasWishes) return winner;
    const choice = { tournament, places, accepts: accepts ?? everywhere };
    const cheapest = choice.accepts(winner) ? winner : cheapestOf(choice);
    return cheapest && hasWishes ? favouriteOf(choice, cheapest, { ...need, asked }, this.policy.nearly) : cheapest;
  }

  private acceptsOf({ need, gpu }: Prices, asked: Need, options: FindOptions): ((place: Place) => boolean) | null {
    const accepts = acceptsOf(this.fleet, asked, options);
    const { refuses } = options;
    if (!refuses) return accepts;
    return (place) => (accepts === null || accepts(place)) && !refuses(place, gpusFor(place, need, gpu[place.index] ?? 0));
  }

  private pricesOf(need: Need): Prices {
    if (this.kindCount !== this.fleet.kindCount) this.renew();
    if (this.last?.need === need) return this.last.prices;
    const key = priceKeyOf(need);
    const known = this.known.get(key);
    // To the end of the order in which they are forgotten.
    if (known) this.known.delete(key);
    const prices = known ?? this.unknown(need);
    this.known.set(key, prices);
    const most = Math.min(mostClasses, mostPrices / Math.max(1, this.fleet.places.length));
    for (const [oldest] of this.known) {
      if (this.known.size <= most) break;
      this.known.delete(oldest);
    }
    this.last = { need, prices };
    return prices;
  }

  private unknown(need: Need): Prices {
    const [tournament, gpu] = [this.draw(0), new Uint8Array(0)];
    return { need: this.fleet.needOf(need), demandKey: demandKeyOf(need), edition: -1, position: 0, tournament, gpu };
  }

  /** Kinds of GPUs have come: what was asked for before may be served by them. */
  private renew(): void {
    for (const { need } of this.known.values()) this.fleet.renew(need);
    this.mix.renewKinds((need) => this.fleet.renew(need));
    this.kindCount = this.fleet.kindCount;
  }

  /** Equal ones in the order of their ids, so that a fleet that was told in another order decides the same. */
  private draw(size: number): Tournament {
    const { order } = this.fleet;
    return new Tournament(size, (one, other) => order.isFirst(one, other));
  }

  /** Puts the prices right for what has happened since. */
  private refresh(prices: Prices): void {
    const { changes, places } = this.fleet;
    const { forecast } = this.mix;
    const isStale = prices.edition !== forecast.edition || prices.tournament.size < places.length || !this.policy.isSteady;
    const from = prices.position;
    const changed = isStale ? null : changes.since(from);
    prices.edition = forecast.edition;
    prices.position = changes.position;
    if (changed === null || changed.length > places.length) {
      this.lookAtAll(prices);
      return;
    }
    for (let at = 0; at < changed.length; at += 1) {
      const index = changed[at] ?? 0;
      // Of a place that changed more than once, its last change will do.
      if ((places[index]?.revision ?? from + at + 1) !== from + at + 1) continue;
      prices.tournament.set(index, this.looks.at(index, prices.need, prices.gpu, forecast));
    }
  }

  private lookAtAll(prices: Prices): void {
    const { forecast } = this.mix;
    const { length } = this.fleet.places;
    if (prices.tournament.size < length) {
      const size = Math.max(length, Math.ceil(growth * prices.tournament.size));
      prices.tournament = this.draw(size);
      prices.gpu = new Uint8Array(size);
    }
    this.looks.beginRound();
    prices.tournament.setAll(length, (index) => this.looks.inRound(index, prices.need, prices.gpu, forecast));
  }
}
