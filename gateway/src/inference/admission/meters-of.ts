import type { SetAside } from '../accounting/estimate.ts';
import type { Meter, RateMeter, SpendMeter } from '../limits/meters.ts';
import { type Bound, moneyOf } from './bounds.ts';

export interface Wanted {
  readonly tokens: SetAside;
  readonly cost: bigint;
  /** In milliseconds since the epoch. */
  readonly now: number;
}

const minuteMicros = 60_000_000;
/** A minute's worth may come at once. Of a request that is larger no more is set aside than comes back in an hour; what it used is taken at its end. */
const mostMinutes = 60;
const daySeconds = 86_400;

const rate = ({ of, by, name }: Bound, unit: RateMeter['unit'], perMinute: number, units: number): RateMeter => ({
  kind: 'rate',
  of,
  by,
  unit,
  key: `${name}:${unit}`,
  interval: Math.max(1, Math.round(minuteMicros / perMinute)),
  burst: perMinute,
  units: Math.min(units, perMinute * mostMinutes),
});

interface Period {
  readonly name: string;
  readonly beginsAt: number;
  readonly endsAt: number;
}

/** Of the calendar, UTC: what it is called, and when it and the next one begin. */
const periodOf = (period: SpendMeter['period'], now: number): Period => {
  const date = new Date(now);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const text = date.toISOString();
  return period === 'day'
    ? { name: text.slice(0, 10), beginsAt: Date.UTC(year, month, day), endsAt: Date.UTC(year, month, day + 1) }
    : { name: text.slice(0, 7), beginsAt: Date.UTC(year, month), endsAt: Date.UTC(year, month + 1, 1) };
};

/** The last one that was asked for of each kind: nearly every request is in the same ones as the one before it. */
const latest = new Map<SpendMeter['period'], Period>();

const periodAt = (period: SpendMeter['period'], now: number): Period => {
  const known = latest.get(period);
  if (known !== undefined && known.beginsAt <= now && now < known.endsAt) return known;
  const found = periodOf(period, now);
  latest.set(period, found);
  return found;
};

type Budget = Pick<SpendMeter, 'unit' | 'period' | 'limit' | 'units'>;

const spend = ({ of, by, name }: Bound, budget: Budget, now: number): SpendMeter => {
  const { name: period, endsAt } = periodAt(budget.period, now);
  // What began at its end is settled after it.
  const keepSeconds = Math.ceil((endsAt - now) / 1_000) + daySeconds;
  return { kind: 'spend', of, by, ...budget, key: `${name}:${budget.unit}:${period}`, endsAt, keepSeconds };
};

const given = <T>(limit: T | null | undefined, meterOf: (limit: T) => Meter): readonly Meter[] =>
  limit === null || limit === undefined ? [] : [meterOf(limit)];

/**
 * Every meter that a request must pass, with what it takes of each: of a budget the most that it can come to, of an allowance a minute what it comes to
 * about, for one that is several times too high would keep others waiting that have room.
 */
export const metersOf = (bounds: readonly Bound[], { tokens: { input, mostInput, output }, cost, now }: Wanted): readonly Meter[] =>
  bounds.flatMap((bound) => {
    const { of, by, name, limits } = bound;
    const all = input + output;
    const money = (period: 'day' | 'month') => (limit: bigint) => spend(bound, { unit: 'nanos', period, limit, units: cost }, now);
    return [
      ...given(limits.requestsPerMinute, (limit) => rate(bound, 'requests', limit, 1)),
      ...given(limits.tokensPerMinute, (limit) => rate(bound, 'tokens', limit, all)),
      ...given(limits.inputTokensPerMinute, (limit) => rate(bound, 'tokens.input', limit, input)),
      ...given(limits.outputTokensPerMinute, (limit) => rate(bound, 'tokens.output', limit, output)),
      ...given(limits.concurrency, (limit) => ({ kind: 'places', of, by, key: `${name}:places`, limit })),
      ...given(limits.tokensPerMonth, (limit) =>
        spend(bound, { unit: 'tokens', period: 'month', limit: BigInt(limit), units: BigInt(mostInput + output) }, now),
      ),
      ...given(moneyOf(limits.spendPerDay ?? null), money('day')),
      ...given(moneyOf(limits.spendPerMonth ?? null), money('month')),
    ];
  });
