import type { Chance } from './chance.ts';
import type { Forecast } from './mix.ts';
import { wholeGpu } from './need.ts';
import type { Place } from './place.ts';
import { freeMilliOf, wasteOf } from './waste.ts';

export const policyNames = ['fgd', 'best-fit', 'pack', 'spread', 'random'] as const;
export type PolicyName = (typeof policyNames)[number];

/** Says what a choice costs; the cheapest is taken. */
export interface Policy {
  readonly name: PolicyName;
  /** What the place is worth as it stands, asked once for each of its revisions: `price` is told it. */
  readonly before: (place: Place, forecast: Forecast) => number;
  /** Of the place with the need on it. */
  readonly price: (after: Place, before: number, forecast: Forecast) => number;
  /** A price is good until the place or the forecast changes. */
  readonly isSteady: boolean;
  /** Prices that differ by no more are nearly the same: wishes and dollars decide between them. */
  readonly nearly: number;
  /** What a thousandth of a GPU costs that cannot be sliced as well as before. */
  readonly lossWeight: number;
}

const nothing = (): number => 0;

const share = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);

/** Shares of the machine that are left, added up. */
const leftoverOf = (place: Place, freeMilli: number): number =>
  share(freeMilli, wholeGpu * place.free.gpus.length) +
  share(place.free.cpuMilli, place.cpuMilli) +
  share(place.free.memoryMib, place.memoryMib);

const leftover = (place: Place): number => leftoverOf(place, freeMilliOf(place));

/** Where waste differs by less, what is left decides: the fuller machine, so that empty ones stay whole. */
const tieWeight = 10;

const fgd: Policy = {
  name: 'fgd',
  before: (place, forecast) => wasteOf(place, forecast),
  price: (after, before, forecast) => {
    const freeMilli = freeMilliOf(after);
    return wasteOf(after, forecast, freeMilli) - before + tieWeight * leftoverOf(after, freeMilli);
  },
  isSteady: true,
  nearly: 1,
  lossWeight: 1,
};

const steady = (name: PolicyName, price: Policy['price'], nearly: number, lossWeight: number): Policy => ({
  name,
  before: nothing,
  price,
  isSteady: true,
  nearly,
  lossWeight,
});

/** Free GPUs; where they are equal, free CPU decides. */
const emptiness = (place: Place): number => freeMilliOf(place) + place.free.cpuMilli * 1e-6;

/**
 * `fgd`: where the least will stay unused (see `wasteOf`). `best-fit`: where the least is left. `pack`: on the machine with the fewest
 * free GPUs. `spread`: on the one with the most. `random`: anywhere, for comparison, as `chance` will have it.
 */
export const policyOf = (name: PolicyName, chance: Chance): Policy => {
  switch (name) {
    case 'fgd':
      return fgd;
    case 'best-fit':
      return steady(name, leftover, 1e-3, 1e-3);
    case 'pack':
      return steady(name, emptiness, 1, 1);
    case 'spread':
      return steady(name, (place) => -emptiness(place), 1, -1);
    case 'random':
      return { name, before: nothing, price: chance, isSteady: false, nearly: 0, lossWeight: 0 };
  }
};
