import { randomUUID } from 'node:crypto';
import { type billing, type catalog, formatNanos, identity, inference, instantOf, type Principal } from '@orrery/contracts';
import { Snapshot } from '../../access/snapshot.ts';
import type { Meter, Reservation } from '../limits/meters.ts';
import { LocalAdmission } from './local-admission.ts';
import { Models } from './models.ts';
import type { Offer } from './offer.ts';

const [orgId, userId, keyId] = [randomUUID(), randomUUID(), randomUUID()];
const noon = Date.UTC(2026, 10, 30, 12);
const byKey: Principal = { kind: 'key', id: keyId, userId, permissions: [] };
const modelId = randomUUID() as catalog.ModelId;

/** What is published, as it changes. */
class Published<T> {
  readonly #entries = new Map<string, T>();
  readonly snapshot: Snapshot<T>;

  constructor(snapshot = new Snapshot<T>()) {
    this.snapshot = snapshot;
    snapshot.attach({ isReady: true, get: (key) => this.#entries.get(key), caughtUp: async () => true });
  }

  put(key: string, value: T): void {
    this.#entries.set(key, value);
    this.snapshot.changed(key);
  }
}

const modelAt = (nanos: bigint, from: number, more: readonly catalog.ModelPrices[] = []): catalog.ModelSnapshot => ({
  modelId,
  name: 'acme/one',
  aliases: [],
  provider: 'acme',
  source: null,
  displayName: null,
  registeredAt: '2026-01-01T00:00:00.000Z',
  contextLength: 1_000,
  maxOutputTokens: 200,
  isLive: true,
  books: [
    {
      version: Number(nanos),
      currency: 'EUR',
      effectiveAt: instantOf(from),
      prices: [{ meter: 'tokens.output', resource: 'acme/one', unit: 'token', nanosPerUnit: formatNanos(nanos) }],
    },
    ...more,
  ],
});
const ledger = (balance: bigint): billing.LedgerSnapshot =>
  ({ orgId, currency: 'EUR', balance: formatNanos(balance), booked: formatNanos(0n) }) as billing.LedgerSnapshot;
const limitsOf = (concurrency: number): inference.LimitsSnapshot =>
  inference.LimitsSnapshot.parse({
    orgId,
    limits: [
      {
        by: 'organization',
        thing: { of: 'org' },
        limits: {
          requestsPerMinute: null,
          tokensPerMinute: null,
          inputTokensPerMinute: null,
          outputTokensPerMinute: null,
          tokensPerMonth: null,
          concurrency,
          spendPerDay: '100',
          spendPerMonth: null,
        },
      },
    ],
  });
const keyWith = (monthlyTokens: number | null): identity.KeySnapshot =>
  identity.KeySnapshot.parse({
    id: keyId,
    orgId,
    secrets: [],
    scopes: null,
    models: null,
    addresses: null,
    monthlyTokens,
    monthlySpend: null,
    spaceId: null,
    expiresAt: null,
  });

const world = () => {
  const models = new Models();
  const published = {
    models: new Published(models.snapshot),
    ledgers: new Published<billing.LedgerSnapshot>(),
    limits: new Published<inference.LimitsSnapshot>(),
    settings: new Published<inference.SettingsSnapshot>(),
    keys: new Published<identity.KeySnapshot>(),
    plans: new Published<identity.PlanSnapshot>(),
  };
  published.models.put(modelId, modelAt(1n, 0));
  published.ledgers.put(orgId, ledger(1_000n));
  published.limits.put(orgId, limitsOf(7));
  published.keys.put(keyId, keyWith(null));
  const moment = { now: noon };
  const { ledgers, limits, settings, keys, plans } = published;
  const admission = new LocalAdmission({
    models,
    ledgers: ledgers.snapshot,
    limits: limits.snapshot,
    settings: settings.snapshot,
    keys: keys.snapshot,
    plans: plans.snapshot,
    defaultPlan: undefined,
    clock: () => moment.now,
  });
  const offer = (principal = byKey): Offer => {
    const found = admission.offer({ principal, orgId }, 'acme/one');
    if ('refused' in found) throw new Error(found.refused.code);
    return found;
  };
  const reservation = (): Reservation =>
    offer().reservationFor({
      requestId: 'r',
      tokens: { input: 10, mostInput: 10, output: 50 },
      served: [{ upstream: 'gpu' }],
      now: moment.now,
    });
  return { published, moment, offer, reservation };
};

const kindsOf = ({ meters }: Reservation): readonly string[] => meters.map(({ kind, key }: Meter) => `${kind} ${key}`);

describe('An offer that was made before', () => {
  it('is given again while nothing changes, and to nobody else', () => {
    const { offer } = world();
    const first = offer();
    expect(offer()).toBe(first);
    expect(offer({ ...byKey, id: randomUUID() })).not.toBe(first);
    expect(offer({ ...byKey, userId: randomUUID() })).not.toBe(first);
  });

  it.each<[string, (given: ReturnType<typeof world>['published']) => void, object]>([
    ['what the ledger says', ({ ledgers }) => ledgers.put(orgId, ledger(400n)), { credit: { balance: 400n } }],
    ['a limit', ({ limits }) => limits.put(orgId, limitsOf(3)), { meters: [{ limit: 3 }, {}] }],
    ['what the key may use', ({ keys }) => keys.put(keyId, keyWith(900)), { meters: [{ limit: 900n, units: 60n }, {}, {}] }],
    [
      'the plan',
      ({ plans }) => plans.put(orgId, { orgId: identity.PlanSnapshot.shape.orgId.parse(orgId), plan: 'hobby' }),
      { meters: [{ burst: 60 }, {}, {}] },
    ],
    ['a price', ({ models }) => models.put(modelId, modelAt(4n, 0)), { cost: 200n }],
  ])('holds no longer when %s changes', (_, change, expected) => {
    const { published, reservation } = world();
    expect(reservation()).toMatchObject({ cost: 50n, credit: { balance: 1_000n }, meters: [{ limit: 7 }, {}] });
    change(published);
    expect(reservation()).toMatchObject(expected);
  });

  it('holds until the next prices take effect, and who has it keeps it', () => {
    const { published, moment, offer, reservation } = world();
    published.models.put(modelId, modelAt(1n, 0, modelAt(2n, noon + 1_000).books));
    const before = offer();
    expect(reservation().cost).toBe(50n);
    moment.now = noon + 1_000;
    expect([reservation().cost, before.pricesAt({}).version, offer().pricesAt({}).version]).toEqual([100n, 1, 2]);
  });

  it('counts each day by itself', () => {
    const { moment, reservation } = world();
    const first = kindsOf(reservation());
    moment.now = noon + 12 * 3_600_000 - 1;
    expect(kindsOf(reservation())).toEqual(first);
    moment.now += 1;
    expect(kindsOf(reservation())).toEqual(['places organization:org:places', 'spend organization:org:nanos:2026-12-01']);
  });
});
