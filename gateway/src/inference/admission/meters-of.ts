import type { Reserved, SetAside } from '../accounting/estimate.ts';
import type { Meter, PlacesMeter, RateMeter, SpendMeter, Terms, TokenUnit } from '../limits/meters.ts';
import { termsFor } from '../limits/terms.ts';
import { type Bound, moneyOf } from './bounds.ts';

export interface Wanted {
  readonly tokens: SetAside;
  readonly cost: bigint;
}

const minuteMicros = 60_000_000;
/** A minute's worth may come at once. Of a request that is larger no more is set aside than comes back in an hour; what it used is taken at its end. */
const mostMinutes = 60;
const daySeconds = 86_400;
const hourMs = 3_600_000;

const rate = ({ of, by, name }: Bound, unit: RateMeter['unit'], perMinute: number): RateMeter => ({
  kind: 'rate',
  of,
  by,
  unit,
  key: `${name}:${unit}`,
  interval: Math.max(1, Math.round(minuteMicros / perMinute)),
  burst: perMinute,
  units: 0,
});

const places = ({ of, by, name }: Bound, limit: number): PlacesMeter => ({ kind: 'places', of, by, key: `${name}:places`, limit });

interface Period {
  readonly name: string;
  readonly endsAt: number;
}

/** Of the calendar, UTC: what it is called, and when the next one begins. */
const periodAt = (period: SpendMeter['period'], now: number): Period => {
  const date = new Date(now);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const text = date.toISOString();
  return period === 'day'
    ? { name: text.slice(0, 10), endsAt: Date.UTC(year, month, day + 1) }
    : { name: text.slice(0, 7), endsAt: Date.UTC(year, month + 1, 1) };
};

type Budget = Pick<SpendMeter, 'unit' | 'period' | 'limit'>;

const spend = ({ of, by, name }: Bound, budget: Budget, now: number): SpendMeter => {
  const { name: period, endsAt } = periodAt(budget.period, now);
  // What began at its end is settled after it.
  const keepSeconds = Math.ceil((endsAt - now) / 1_000) + daySeconds;
  return { kind: 'spend', of, by, ...budget, key: `${name}:${budget.unit}:${period}`, units: 0n, endsAt, keepSeconds };
};

const given = <T>(limit: T | null | undefined, meterOf: (limit: T) => Meter): readonly Meter[] =>
  limit === null || limit === undefined ? [] : [meterOf(limit)];

/** Every meter that a request must pass, as if it took nothing. */
const emptyMeters = (bounds: readonly Bound[], now: number): readonly Meter[] =>
  bounds.flatMap((bound) => {
    const { limits } = bound;
    const money = (period: 'day' | 'month') => (limit: bigint) => spend(bound, { unit: 'nanos', period, limit }, now);
    return [
      ...given(limits.requestsPerMinute, (limit) => rate(bound, 'requests', limit)),
      ...given(limits.tokensPerMinute, (limit) => rate(bound, 'tokens', limit)),
      ...given(limits.inputTokensPerMinute, (limit) => rate(bound, 'tokens.input', limit)),
      ...given(limits.outputTokensPerMinute, (limit) => rate(bound, 'tokens.output', limit)),
      ...given(limits.concurrency, (limit) => places(bound, limit)),
      ...given(limits.tokensPerMonth, (limit) => spend(bound, { unit: 'tokens', period: 'month', limit: BigInt(limit) }, now)),
      ...given(moneyOf(limits.spendPerDay ?? null), money('day')),
      ...given(moneyOf(limits.spendPerMonth ?? null), money('month')),
    ];
  });

const tokensOf = (unit: TokenUnit, { input, output }: Reserved): number => {
  if (unit === 'tokens') return input + output;
  return unit === 'tokens.input' ? input : output;
};

/**
 * What a request takes of a meter: of a budget the most that it can come to, of an allowance a minute what it comes to about, for one that is several
 * times too high would keep others waiting that have room.
 */
const meterFor = (meter: Meter, { tokens, cost }: Wanted): Meter => {
  switch (meter.kind) {
    case 'rate':
      return { ...meter, units: meter.unit === 'requests' ? 1 : Math.min(tokensOf(meter.unit, tokens), meter.burst * mostMinutes) };
    case 'places':
      return meter;
    case 'spend': {
      const most = { input: tokens.mostInput, output: tokens.output };
      return { ...meter, units: meter.unit === 'nanos' ? cost : BigInt(tokensOf(meter.unit, most)) };
    }
  }
};

/** The meters of requests that are bounded alike, as they are within one hour: periods begin and end between hours. */
export class Meters {
  readonly terms: Terms;
  readonly #empty: readonly Meter[];
  readonly #until: number;

  /** `now` in milliseconds since the epoch. */
  constructor(orgId: string, bounds: readonly Bound[], now: number) {
    this.#empty = emptyMeters(bounds, now);
    this.terms = termsFor(orgId, this.#empty);
    this.#until = (Math.floor(now / hourMs) + 1) * hourMs;
  }

  holdAt(now: number): boolean {
    return now < this.#until;
  }

  /** With what one request takes of each. */
  of(wanted: Wanted): readonly Meter[] {
    return this.#empty.map((meter) => meterFor(meter, wanted));
  }
}
