import { randomUUID } from 'node:crypto';
import { type billing, type catalog, formatNanos, identity, inference, type Principal } from '@orrery/contracts';
import type { Caller } from '../../access/caller.ts';
import { Snapshot } from '../../access/snapshot.ts';
import { LocalAdmission } from './local-admission.ts';
import { Models } from './models.ts';
import type { Offer, Reserving } from './offer.ts';

const orgId = randomUUID();
const userId = randomUUID();
const keyId = randomUUID();
const person: Principal = { kind: 'user', id: userId, sessionId: randomUUID(), permissions: [] };
const byKey: Principal = { kind: 'key', id: keyId, userId, permissions: [] };
const caller: Caller = { principal: person, orgId };
/** Noon of the last day of a month. */
const noon = Date.UTC(2026, 10, 30, 12);

const published = <T>(snapshot: Snapshot<T>, entries: Readonly<Record<string, T>>, isReady = true): Snapshot<T> => {
  snapshot.attach({ isReady, get: (key) => entries[key], caughtUp: async () => isReady });
  for (const key of Object.keys(entries)) snapshot.changed(key);
  return snapshot;
};

const price = (meter: 'tokens.input' | 'tokens.output', nanos: bigint, provider?: string): catalog.ModelPrice => ({
  meter,
  resource: 'acme/one',
  unit: 'token',
  nanosPerUnit: formatNanos(nanos),
  ...(provider === undefined ? {} : { provider }),
});
const book = (version: number, from: number, prices: catalog.ModelPrice[]): catalog.ModelPrices => ({
  version,
  currency: 'EUR',
  effectiveAt: new Date(from).toISOString(),
  prices,
});

const modelId = randomUUID() as catalog.ModelId;
const model: catalog.ModelSnapshot = {
  provider: 'acme',
  source: null,
  displayName: null,
  registeredAt: '2026-01-01T00:00:00.000Z',
  modelId,
  name: 'acme/one',
  aliases: ['One', 'gpt-4o-mini'],
  contextLength: 1_000,
  maxOutputTokens: 200,
  isLive: true,
  books: [
    book(1, noon - 1_000, [price('tokens.input', 1n), price('tokens.output', 10n)]),
    book(2, noon + 1_000, [price('tokens.input', 2n), price('tokens.output', 20n)]),
  ],
};
const other: catalog.ModelSnapshot = {
  ...model,
  modelId: randomUUID() as catalog.ModelId,
  name: 'acme/free',
  aliases: [],
  books: [book(1, 0, [])],
};

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

interface World {
  readonly models?: readonly catalog.ModelSnapshot[];
  readonly ledger?: Partial<billing.LedgerSnapshot> | null;
  readonly limits?: inference.LimitsSnapshot['limits'];
  readonly plan?: identity.PlanName;
  readonly notYet?: 'models' | 'ledgers' | 'limits' | 'settings' | 'keys' | 'plans';
  readonly now?: () => number;
}

const admission = (world: World = {}): LocalAdmission => {
  const models = new Models();
  const { notYet, ledger = {}, limits, plan } = world;
  const of = <T>(name: World['notYet'], entries: Readonly<Record<string, T>>, into = new Snapshot<T>()) =>
    published(into, entries, notYet !== name);
  of('models', Object.fromEntries((world.models ?? [model, other]).map((each) => [each.modelId, each])), models.snapshot);
  const account = { orgId, currency: 'EUR', balance: formatNanos(10_000n), booked: formatNanos(500n), ...ledger };
  const parsed = identity.PlanSnapshot.shape.orgId.parse(orgId);
  return new LocalAdmission({
    models,
    ledgers: of<billing.LedgerSnapshot>(
      'ledgers',
      ledger === null ? {} : { [orgId]: { ...account, orgId: parsed } as billing.LedgerSnapshot },
    ),
    limits: of<inference.LimitsSnapshot>('limits', limits ? { [orgId]: inference.LimitsSnapshot.parse({ orgId, limits }) } : {}),
    settings: of<inference.SettingsSnapshot>('settings', {}),
    keys: of<identity.KeySnapshot>('keys', { [keyId]: key }),
    plans: of<identity.PlanSnapshot>('plans', plan ? { [orgId]: { orgId: parsed, plan } } : {}),
    defaultPlan: undefined,
    clock: world.now ?? (() => noon),
  });
};

const offered = (made: LocalAdmission, asks: Caller = caller, name = 'acme/one'): Offer => {
  const offer = made.offer(asks, name);
  if ('refused' in offer) throw new Error(`refused: ${offer.refused.code}`);
  return offer;
};
const codeOf = (made: LocalAdmission, asks: Caller = caller, name = 'acme/one') => {
  const offer = made.offer(asks, name);
  return 'refused' in offer ? [offer.refused.status, offer.refused.code] : 'offered';
};
const reserved = { input: 25, mostInput: 100, output: 50 };
const asking: Reserving = { requestId: 'r', tokens: reserved, served: [{ upstream: 'gpu' }], now: noon };

describe('An offer', () => {
  it('is made of a model by its name, another name or its id, whatever the size of the letters', () => {
    for (const name of ['acme/one', 'ACME/One', 'one', 'GPT-4o-mini', modelId]) {
      expect(offered(admission(), caller, name).model).toMatchObject({ modelId, names: ['acme/one', 'One', 'gpt-4o-mini'] });
    }
  });

  it('has the prices of its moment, which do not change with time, and those of what is asked later', () => {
    let now = noon;
    const made = admission({ now: () => now });
    const before = offered(made);
    now = noon + 1_000;
    const after = offered(made);
    expect([before, after].map((offer) => offer.pricesAt({}).version)).toEqual([1, 2]);
    expect(before.pricesAt({}).prices[0]).toMatchObject({ nanosPerUnit: '1' });
    expect(before.pricesAt({ model: 'one', upstream: 'gpu' })).toMatchObject({ provider: 'gpu', prices: [{ nanosPerUnit: '1' }, {}] });
    expect(after.pricesAt({}).prices[0]).toMatchObject({ nanosPerUnit: '2' });
  });

  it('has the prices of what is fallen back to, but not in a currency that is not the account’s', () => {
    const dear = { ...other, name: 'acme/dear', books: [{ ...book(1, 0, [price('tokens.input', 9n)]), currency: 'EUR' as const }] };
    const foreign = {
      ...dear,
      modelId: randomUUID() as catalog.ModelId,
      name: 'acme/usd',
      books: dear.books.map((each) => ({ ...each, currency: 'USD' as const })),
    };
    const offer = offered(admission({ models: [model, dear, foreign] }));
    expect(offer.pricesAt({ model: 'acme/dear' })).toMatchObject({ resource: 'acme/dear', prices: [{ nanosPerUnit: '9' }] });
    expect(offer.pricesAt({ model: 'acme/usd' })).toEqual(offer.pricesAt({}));
  });

  it('sets aside the most that the request can cost, at the dearest of those who may serve it, from the credit', () => {
    const { cost, credit } = offered(admission()).reservationFor(asking);
    expect({ cost, credit }).toEqual({ cost: 600n, credit: { balance: 10_000n, booked: 500n } });
    const dear = book(1, 0, [price('tokens.output', 1n), price('tokens.output', 30n, 'dear')]);
    const offer = offered(admission({ models: [{ ...model, books: [dear] }] }));
    const costAt = (...upstreams: string[]) =>
      offer.reservationFor({ ...asking, served: upstreams.map((upstream) => ({ upstream })) }).cost;
    expect([costAt('cheap', 'dear'), costAt('dear', 'cheap'), costAt('cheap')]).toEqual([1_500n, 1_500n, 50n]);
  });

  it('sets aside what a fallback costs where that is more, also where the model itself costs nothing', () => {
    const prices = [{ ...price('tokens.output', 40n), resource: 'acme/dear' }];
    const dear = { ...other, modelId: randomUUID() as catalog.ModelId, name: 'acme/dear', books: [book(7, 0, prices)] };
    const made = admission({ models: [model, other, dear] });
    const served = [{ upstream: 'gpu' }, { upstream: 'gpu', model: 'acme/dear' }];
    expect(offered(made).reservationFor({ ...asking, served }).cost).toBe(2_000n);
    const free = offered(made, caller, 'acme/free');
    expect(free.reservationFor({ ...asking, served })).toMatchObject({ cost: 2_000n, credit: { balance: 10_000n } });
    expect(served.map((each) => free.pricesAt(each).version)).toEqual([null, 7]);
  });

  it('of what costs nothing needs no credit', () => {
    const free = offered(admission(), caller, 'acme/free');
    expect(free.pricesAt({}).version).toBeNull();
    expect(free.reservationFor(asking)).toMatchObject({ cost: 0n, credit: undefined });
  });

  it('follows a model whose names and prices change', () => {
    const models = new Models();
    const entries: Record<string, catalog.ModelSnapshot> = { [modelId]: model };
    published(models.snapshot, entries);
    entries[modelId] = { ...model, aliases: ['uno'] };
    entries[other.modelId] = { ...other, aliases: ['one'] };
    models.snapshot.changed(other.modelId);
    models.snapshot.changed(modelId);
    expect([models.find('one')?.name, models.find('uno')?.name, models.find('gpt-4o-mini')]).toEqual(['acme/free', 'acme/one', undefined]);
    delete entries[modelId];
    models.snapshot.changed(modelId);
    expect([models.find('uno'), models.find(modelId), models.find('one')?.name]).toEqual([undefined, undefined, 'acme/free']);
  });
});

describe('There is no offer', () => {
  it.each([
    ['of what is no model', caller, 'acme/two', [404, 'ModelNotFound']],
    ['of a model that the key may not call', { ...caller, models: ['acme/two'] }, 'acme/one', [403, 'ModelNotAllowed']],
    ['to nobody in no organization', { principal: person }, 'acme/one', [403, 'NoOrganization']],
    ['to an organization that is suspended', { ...caller, isSuspended: true } as const, 'acme/one', [403, 'OrgSuspended']],
  ])('%s', (_, asks, name, expected) => expect(codeOf(admission(), asks, name)).toEqual(expected));

  it('of a model that is not live', () => {
    expect(codeOf(admission({ models: [{ ...model, isLive: false }] }))).toEqual([404, 'ModelOffline']);
  });

  it('where prices and account are in different currencies', () => {
    expect(codeOf(admission({ ledger: { currency: 'USD' } }))).toEqual([503, 'PricedInOtherCurrency']);
    expect(codeOf(admission({ ledger: { currency: 'USD' } }), caller, 'acme/free')).toBe('offered');
  });

  it('before the account is known: nobody is let in for nothing', () => {
    expect(codeOf(admission({ ledger: null }))).toEqual([503, 'ServiceUnavailable']);
  });

  it.each(['models', 'ledgers', 'limits', 'settings', 'keys', 'plans'] as const)('before all is known of %s', (notYet) => {
    const offer = admission({ notYet }).offer(caller, 'acme/one');
    expect(offer).toMatchObject({ refused: { status: 503, code: 'ServiceUnavailable', headers: { 'retry-after': '1' } } });
  });

  it('is not said of a key that may call the model by one of its other names', () => {
    expect(codeOf(admission(), { ...caller, models: ['One'] })).toBe('offered');
  });
});

it('A request is bounded by what its key may, by the plan and by what was set', () => {
  const limits: World['limits'] = [{ by: 'operator', thing: { of: 'model', model: 'ONE' }, limits: { ...noLimits, concurrency: 1 } }];
  const { meters } = offered(admission({ plan: 'hobby', limits }), { principal: byKey, orgId }).reservationFor(asking);
  expect(meters.map(({ kind, of }) => `${kind} ${of}`)).toEqual(['spend key', 'spend key', 'rate org', 'places model']);
});
