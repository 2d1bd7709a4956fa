import { randomUUID } from 'node:crypto';
import { catalog, formatNanos, identity, inference, type Principal } from '@orrery/contracts';
import { boundsOf, type Rules } from './bounds.ts';
import { Meters } from './meters-of.ts';

const orgId = randomUUID();
const userId = randomUUID();
const keyId = randomUUID();
const person: Principal = { kind: 'user', id: userId, sessionId: randomUUID(), permissions: [] };
const byKey: Principal = { kind: 'key', id: keyId, userId, permissions: [] };
/** Noon of the last day of a month. */
const noon = Date.UTC(2026, 10, 30, 12);
const model = { modelId: catalog.ModelId.parse(randomUUID()), names: ['acme/one', 'gpt-4o-mini'] };

const key = identity.KeySnapshot.parse({
  id: keyId,
  orgId,
  secrets: [],
  scopes: null,
  models: null,
  addresses: null,
  monthlyTokens: 5_000,
  monthlySpend: '700',
  spaceId: null,
  expiresAt: null,
});
const noLimits: inference.UsageLimits = {
  requestsPerMinute: null,
  tokensPerMinute: null,
  inputTokensPerMinute: null,
  outputTokensPerMinute: null,
  tokensPerMonth: null,
  concurrency: null,
  spendPerDay: null,
  spendPerMonth: null,
};
const limit = (thing: inference.LimitedThing, limits: Partial<inference.UsageLimits>, by: inference.LimitSetter = 'organization') => ({
  by,
  thing,
  limits: { ...noLimits, ...limits },
});

interface Given {
  readonly key?: identity.KeySnapshot;
  readonly plan?: identity.PlanName;
  readonly limits?: inference.LimitsSnapshot['limits'];
}

const rulesOf = ({ key: itsKey, plan, limits }: Given): Rules => ({
  key: itsKey,
  plan,
  limits: limits && inference.LimitsSnapshot.parse({ orgId, limits }),
});
const metersOfAll = (given: Given, principal: Principal = person, now = noon) =>
  new Meters(orgId, boundsOf({ principal, model }, rulesOf(given)), now).of({
    tokens: { input: 100, mostInput: 400, output: 50 },
    cost: 600n,
  });

describe('A request is bounded', () => {
  it('by nothing where nobody set a limit', () => expect(metersOfAll({})).toEqual([]));

  it('by what its key may use in a month', () => {
    const meters = metersOfAll({ key }, byKey);
    const month = { kind: 'spend', of: 'key', by: 'key', period: 'month', endsAt: Date.UTC(2026, 11, 1) };
    expect(meters).toMatchObject([
      { ...month, unit: 'tokens', limit: 5_000n, units: 450n, key: `key:${keyId}:tokens:2026-11` },
      { ...month, unit: 'nanos', limit: 700n, units: 600n, key: `key:${keyId}:nanos:2026-11` },
    ]);
  });

  it('by the plan of its organization', () => {
    expect(metersOfAll({ plan: 'hobby' })).toMatchObject([
      { kind: 'rate', of: 'org', by: 'operator', unit: 'requests', burst: 60, interval: 1_000_000, units: 1 },
    ]);
  });

  it('by every limit that concerns it, and by no other', () => {
    const limits = [
      limit({ of: 'org' }, { concurrency: 7, spendPerDay: formatNanos(9n) }),
      limit({ of: 'org' }, { concurrency: 3 }, 'operator'),
      limit({ of: 'user', userId: identity.UserView.shape.id.parse(userId) }, { tokensPerMinute: 600 }),
      limit({ of: 'user', userId: identity.UserView.shape.id.parse(randomUUID()) }, { concurrency: 1 }),
      limit({ of: 'key', keyId: key.id }, { inputTokensPerMinute: 1 }),
      limit({ of: 'model', model: 'GPT-4O-mini' }, { outputTokensPerMinute: 10 }),
      limit({ of: 'model', model: 'acme/free' }, { concurrency: 1 }),
    ];
    expect(metersOfAll({ limits })).toMatchObject([
      { kind: 'places', of: 'org', by: 'organization', limit: 7 },
      { kind: 'spend', of: 'org', period: 'day', unit: 'nanos', limit: 9n, endsAt: Date.UTC(2026, 11, 1) },
      { kind: 'places', of: 'org', by: 'operator', limit: 3 },
      { kind: 'rate', of: 'user', unit: 'tokens', burst: 600, interval: 100_000, units: 150 },
      { kind: 'rate', of: 'model', unit: 'tokens.output', burst: 10, interval: 6_000_000, units: 50 },
    ]);
    const keys = metersOfAll({ limits }).map(({ kind, key: name }) => `${kind} ${name}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('by another budget each day, and by the same however large it is', () => {
    const of = (spendPerDay: bigint, now: number) =>
      metersOfAll({ limits: [limit({ of: 'org' }, { spendPerDay: formatNanos(spendPerDay) })] }, person, now).map(({ key: name }) => name);
    expect(of(5n, noon)).toEqual(of(6n, noon + 43_199_999));
    expect(of(5n, noon)).not.toEqual(of(5n, noon + 43_200_000));
  });

  it('by what comes back in an hour where it is larger than that', () => {
    const limits = [limit({ of: 'org' }, { tokensPerMinute: 1 })];
    const bounds = boundsOf({ principal: person, model }, rulesOf({ limits }));
    expect(new Meters(orgId, bounds, noon).of({ tokens: { input: 1_000_000, mostInput: 1_000_000, output: 0 }, cost: 0n })).toMatchObject([
      { units: 60 },
    ]);
  });

  it('by what holds until the hour is over, when a day or a month may be', () => {
    const meters = new Meters(orgId, [], noon + 1_000);
    expect([noon + 1_000, noon + 3_599_999, noon + 3_600_000].map((now) => meters.holdAt(now))).toEqual([true, true, false]);
  });
});
