import { Book } from './book.ts';
import type { Meter } from './meters.ts';

const of = { of: 'org', by: 'organization' } as const;
const meters: readonly Meter[] = [
  { kind: 'rate', ...of, unit: 'requests', key: 'requests', interval: 60_000_000, burst: 1, units: 1 },
  { kind: 'places', ...of, key: 'places', limit: 1 },
  { kind: 'spend', ...of, unit: 'nanos', period: 'day', key: 'day', limit: 1n, units: 1n, endsAt: 1, keepSeconds: 1 },
];

it.each(meters)('What one organization has used up of its $kind is not used up for another', (meter) => {
  const book = new Book();
  const isLetIn = (orgId: string, requestId: string): boolean =>
    book.reserve({ requestId, orgId, cost: 0n, credit: undefined, meters: [meter] }, { now: 0, leaseMs: 1_000 }).isAllowed;
  expect([isLetIn('one', 'a'), isLetIn('one', 'b'), isLetIn('other', 'c'), isLetIn('other', 'd')]).toEqual([true, false, true, false]);
});

it('What comes back at the end comes back to the organization that had it', () => {
  const book = new Book();
  for (const meter of meters.filter(({ kind }) => kind !== 'rate')) {
    const reserve = (orgId: string, requestId: string): boolean =>
      book.reserve({ requestId, orgId, cost: 0n, credit: undefined, meters: [meter] }, { now: 0, leaseMs: 1_000 }).isAllowed;
    const ids = [`${meter.kind} a`, `${meter.kind} b`, `${meter.kind} c`] as const;
    expect(reserve('one', ids[0])).toBe(true);
    expect(book.settle(ids[0], { cost: 0n, input: 0, output: 0 }, 0)).toBe(true);
    expect([reserve('one', ids[1]), reserve('one', ids[2])]).toEqual([true, false]);
  }
});
