import { inference, instantOf, newId, OrgId } from '@orrery/contracts';
import fc from 'fast-check';
import { settlementsOf } from './settlements.ts';

const orgs = ['0b8f3f4e-5a3f-4f0e-9d53-0a8a4b1c9f01', '0b8f3f4e-5a3f-4f0e-9d53-0a8a4b1c9f02'].map((id) => OrgId.parse(id));
const at = instantOf(Date.UTC(2026, 0, 1));

const anyRecord = fc
  .record({
    requestId: fc.uuid({ version: 7 }),
    orgId: fc.constantFrom(...orgs),
    model: fc.constantFrom('a/one', 'a/two'),
    priceVersion: fc.constantFrom(null, 1, 2),
    currency: fc.constantFrom('EUR', 'USD'),
    isEstimated: fc.boolean(),
    input: fc.nat({ max: 1e9 }),
    output: fc.nat({ max: 1e9 }),
    cost: fc.bigInt({ min: 0n, max: 10n ** 20n }).map(String),
    settledAt: fc.nat({ max: 1e6 }).map((ms) => instantOf(Date.parse(at) + ms)),
  })
  .map((some) =>
    inference.SettledUsage.parse({
      spaceId: null,
      userId: null,
      keyId: null,
      dialect: 'openai',
      route: '/v1/chat/completions',
      kind: 'chat',
      upstream: null,
      outcome: 'finished',
      status: 200,
      error: null,
      cached: 0,
      attempts: 1,
      isStreaming: false,
      startedAt: at,
      firstByteMs: null,
      durationMs: 1,
      traceId: null,
      correlationId: null,
      endUser: null,
      tags: [],
      isLogged: true,
      ...some,
    }),
  );

const sum = (costs: readonly string[]): bigint => costs.reduce((total, cost) => total + BigInt(cost), 0n);

describe('Settlements', () => {
  it('have each request once, and cost what their requests cost, to the nano-unit', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 30 }), (records) => {
        const settlings = settlementsOf(records, { newId: () => newId(inference.SettlementId), at });
        expect(settlings.flatMap((each) => each.records).length).toBe(records.length);
        expect(new Set(settlings.flatMap((each) => each.records))).toEqual(new Set(records));
        for (const { settlement, records: own } of settlings) {
          expect(inference.Settlement.safeParse(settlement).success).toBe(true);
          expect(BigInt(settlement.cost)).toBe(sum(own.map(({ cost }) => cost)));
          expect(BigInt(settlement.cost)).toBe(sum(settlement.lines.map(({ cost }) => cost)));
          expect(settlement.requests).toBe(settlement.lines.reduce((total, { requests }) => total + requests, 0));
          expect(own.every(({ orgId, currency }) => orgId === settlement.orgId && currency === settlement.currency)).toBe(true);
          expect(own.every(({ settledAt }) => settledAt >= settlement.from && settledAt <= settlement.to)).toBe(true);
        }
      }),
    );
  });

  it('have a line for each model and price book', () => {
    const [record] = fc.sample(anyRecord, { numRuns: 1, seed: 1 });
    if (record === undefined) throw new TypeError('a sample has one');
    const records = [1, 1, 2, null].map((priceVersion) => ({ ...record, priceVersion, cost: record.cost }));
    const [only] = settlementsOf(records, { newId: () => newId(inference.SettlementId), at });
    expect(only?.settlement.lines.map(({ priceVersion, requests }) => [priceVersion, requests])).toEqual([
      [1, 2],
      [2, 1],
      [null, 1],
    ]);
  });
});
