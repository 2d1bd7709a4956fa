import { Book } from '../limits/book.ts';
import type { Answer, Meter, Reservation, Stand } from '../limits/meters.ts';
import { refusalOf } from './refusals.ts';
import { durationText, rateHeaders } from './standing.ts';

const now = Date.UTC(2026, 10, 30, 12);
const of = { of: 'org', by: 'organization' } as const;
const rate = (unit: 'requests' | 'tokens', burst: number): Meter => ({
  kind: 'rate',
  ...of,
  unit,
  key: unit,
  interval: 60_000_000 / burst,
  burst,
  units: 1,
});
const places: Meter = { kind: 'places', of: 'key', by: 'operator', key: 'p', limit: 2 };
const budget: Meter = {
  kind: 'spend',
  ...of,
  unit: 'nanos',
  period: 'day',
  key: 'd',
  limit: 2_500_000_000n,
  units: 1n,
  endsAt: Date.UTC(2026, 11, 1),
  keepSeconds: 1,
};
const tokenBudget: Meter = { ...budget, of: 'key', by: 'key', unit: 'tokens', period: 'month', limit: 900n };

const refusing = (waitMicros = 0): Stand => ({ isRefused: true, left: 0n, waitMicros });
const allowing = (left: bigint): Stand => ({ isRefused: false, left, waitMicros: 0 });
const reservation = (...meters: Meter[]): Reservation => ({ requestId: 'r', orgId: 'o', cost: 1n, credit: undefined, meters });
const answer = (...meters: Stand[]): Answer => ({ isAllowed: false, credit: undefined, meters });
const refused = (meters: readonly Meter[], stands: readonly Stand[], credit?: Stand) =>
  refusalOf(reservation(...meters), { ...answer(...stands), credit }, { now, currency: 'EUR' });

describe('A refusal', () => {
  it('of requests says how many a minute they are, when to come again, and how all limits stand', () => {
    const { status, code, detail, details, headers } = refused(
      [rate('requests', 60), rate('tokens', 600)],
      [refusing(1_500_000), allowing(450n)],
    );
    expect({ status, code, headers }).toEqual({
      status: 429,
      code: 'RequestsLimited',
      headers: {
        'retry-after': '2',
        'x-ratelimit-limit-requests': '60',
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '1m0s',
        'x-ratelimit-limit-tokens': '600',
        'x-ratelimit-remaining-tokens': '450',
        'x-ratelimit-reset-tokens': '15s',
      },
    });
    expect(details).toEqual({ limitOf: 'org', setBy: 'organization', unit: 'requests', limit: '60', retryAfterSeconds: 2 });
    expect(detail).toBe(
      "60 requests a minute of this organization are used up: try again in 2 s, or ask whoever manages the organization's money for more.",
    );
  });

  it('of places says how many there are', () => {
    expect(refused([places], [refusing()])).toMatchObject({
      status: 429,
      code: 'TooManyAtOnce',
      headers: { 'retry-after': '1' },
      detail: '2 requests at the same time of this API key are under way already: wait until one has ended, or ask the operator for more.',
    });
  });

  it('of a budget says when it begins anew, and that nobody is to wait for it', () => {
    expect(refused([budget], [refusing()])).toMatchObject({
      status: 429,
      code: 'BudgetSpent',
      headers: { 'retry-after': '43200', 'x-should-retry': 'false' },
      detail:
        "The budget of 2.5 EUR a day of this organization is spent: it begins anew at 2026-12-01T00:00:00.000Z, or ask whoever manages the organization's money for more.",
    });
    expect(refused([tokenBudget], [refusing()])).toMatchObject({
      code: 'TokenBudgetSpent',
      details: { limitOf: 'key', setBy: 'key', unit: 'tokens', limit: '900', period: 'month' },
    });
  });

  it('names the limit that keeps the request out the longest, and credit before all', () => {
    const meters = [places, budget, rate('requests', 60)];
    const stands = [refusing(), refusing(), refusing(1_000)];
    expect(refused(meters, stands).code).toBe('BudgetSpent');
    expect(refused(meters, stands, refusing())).toMatchObject({
      status: 402,
      code: 'InsufficientCredits',
      headers: { 'x-should-retry': 'false' },
    });
  });
});

it('What is left is told of the limit that has the least', () => {
  const meters = [rate('requests', 60), { ...rate('requests', 10), key: 'other' }, places];
  expect(rateHeaders(meters, answer(allowing(59n), allowing(3n), allowing(1n)))).toEqual({
    'x-ratelimit-limit-requests': '10',
    'x-ratelimit-remaining-requests': '3',
    'x-ratelimit-reset-requests': '42s',
  });
});

it('What a request took of its minute comes back in what the headers say', () => {
  const book = new Book();
  const meters = [{ ...rate('tokens', 600), units: 100 } as Meter];
  const told = book.reserve(reservation(...meters), { now: now * 1_000, leaseMs: 1_000 });
  expect(rateHeaders(meters, told)).toMatchObject({ 'x-ratelimit-remaining-tokens': '500', 'x-ratelimit-reset-tokens': '10s' });
});

it.each([
  [0, '0ms'],
  [249.2, '250ms'],
  [1_000, '1s'],
  [61_001, '1m2s'],
  [3_600_000, '1h0m0s'],
])('%s ms are written as %s', (ms, text) => expect(durationText(ms)).toBe(text));
