import { randomUUID } from 'node:crypto';
import { billing, catalog, formatNanos, identity, inference, newId } from '@orrery/contracts';
import { type Bus, connectBus, publishSnapshot, type SnapshotContract, type SnapshotPublisher } from '@orrery/messaging';
import { logOf } from '@orrery/telemetry';
import { eventually, startNats, startRedis } from '@orrery/testing';
import type { z } from 'zod';
import type { Caller } from '../src/access/caller.ts';
import { follow } from '../src/access/follow-snapshots.ts';
import { Snapshot } from '../src/access/snapshot.ts';
import { type FollowedAdmission, followAdmission } from '../src/inference/admission/follow-admission.ts';
import type { Offer, Reserving } from '../src/inference/admission/offer.ts';
import { Reservations } from '../src/inference/limits/reservations.ts';

const log = logOf('test');
const orgId = identity.PlanSnapshot.shape.orgId.parse(randomUUID());
const caller: Caller = { principal: { kind: 'user', id: randomUUID(), sessionId: randomUUID(), permissions: [] }, orgId };
const asking = (requestId: string): Reserving => ({
  requestId,
  tokens: { input: 40, mostInput: 40, output: 60 },
  served: [{ upstream: 'gpu' }],
  now: Date.now(),
});

const price = (resource: string, nanos: bigint): catalog.ModelPrice => ({
  meter: 'tokens.output',
  resource,
  unit: 'token',
  nanosPerUnit: formatNanos(nanos),
});
const bookFrom = (version: number, from: number, nanos: bigint): catalog.ModelPrices => ({
  version,
  currency: 'EUR',
  effectiveAt: new Date(from).toISOString(),
  prices: [price('acme/one', nanos)],
});
const model: catalog.ModelSnapshot = {
  provider: 'acme',
  source: null,
  displayName: null,
  registeredAt: '2026-01-01T00:00:00.000Z',
  modelId: newId(catalog.ModelId),
  name: 'acme/one',
  aliases: ['one'],
  contextLength: 1_000,
  maxOutputTokens: 200,
  isLive: true,
  books: [bookFrom(1, 0, 10n)],
};
const unbounded = inference.SetUsageLimit.input.shape.limits.parse({});

describe('Admission from what was published', () => {
  let nats: Awaited<ReturnType<typeof startNats>>;
  let redis: Awaited<ReturnType<typeof startRedis>>;
  /** Of the services, and of two gateways. */
  let services: Bus;
  const gateways: {
    readonly bus: Bus;
    readonly followed: FollowedAdmission;
    readonly reservations: Reservations;
    readonly close: () => Promise<void>;
  }[] = [];
  const publishers: SnapshotPublisher<z.ZodType>[] = [];

  const publish = <S extends z.ZodType>(
    snapshot: SnapshotContract<S>,
    all: Readonly<Record<string, z.output<S>>> = {},
  ): SnapshotPublisher<S> => {
    const publisher = publishSnapshot(services, { snapshot, all: async () => Object.entries(all), onFault: () => undefined });
    publishers.push(publisher);
    return publisher;
  };

  const startGateway = async (): Promise<void> => {
    const bus = await connectBus({ url: nats.url, name: 'gateway' });
    const [keys, plans] = [new Snapshot<identity.KeySnapshot>(), new Snapshot<identity.PlanSnapshot>()];
    const watchers = [
      follow(bus, identity.Snapshots.keys, { into: keys, log }),
      follow(bus, identity.Snapshots.plans, { into: plans, log }),
    ];
    const followed = followAdmission(bus, { log, clock: Date.now, keys, plans, defaultPlan: undefined });
    const reservations = new Reservations({ url: redis.url, log, leaseMs: 60_000, patienceMs: 2_000 });
    const close = async (): Promise<void> => {
      await Promise.all([followed.close(), reservations.close(), ...watchers.map((watcher) => watcher.close())]);
      await bus.close();
    };
    gateways.push({ bus, followed, reservations, close });
  };

  const offers = (): readonly Offer[] =>
    gateways.map(({ followed }) => {
      const offer = followed.admission.offer(caller, 'one');
      if ('refused' in offer) throw new Error(`refused: ${offer.refused.code}`);
      return offer;
    });

  /** Asks both gateways at once, so many times in all; each costs 600. */
  const ask = async (times: number) => {
    const made = offers();
    return await Promise.all(
      Array.from({ length: times }, async (_, index) => {
        const [offer, gateway] = [made[index % 2], gateways[index % 2]];
        if (!offer || !gateway) throw new TypeError('there are two gateways');
        const reservation = offer.reservationFor(asking(randomUUID()));
        const { answer, held } = await gateway.reservations.reserve(reservation, '{}');
        return { held, refusal: held ? undefined : offer.refusalOf(reservation, answer, Date.now()) };
      }),
    );
  };

  beforeAll(async () => {
    [nats, redis] = await Promise.all([startNats(), startRedis()]);
    services = await connectBus({ url: nats.url, name: 'services' });
    await Promise.all([startGateway(), startGateway()]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([...gateways, ...publishers].map((each) => each.close()));
    await services?.close();
    await Promise.all([nats?.stop(), redis?.stop()]);
  }, 30_000);

  it('lets nobody in before all of it was published, and then at once', async () => {
    const missing = () => gateways.map(({ followed }) => followed.admission.offer(caller, 'one'));
    const notYet = (service: string) => ({ refused: { status: 503, code: 'ServiceUnavailable', details: { service } } });
    publish(identity.Snapshots.keys);
    publish(identity.Snapshots.plans);
    publish(catalog.Snapshots.models, { [model.modelId]: model });
    publish(inference.Snapshots.limits);
    await eventually(() => expect(missing()).toMatchObject([notYet('billing'), notYet('billing')]));
    publish(billing.Snapshots.ledgers, { [orgId]: { orgId, currency: 'EUR', balance: formatNanos(6_100n), booked: formatNanos(0n) } });
    await eventually(() => expect(missing()).toMatchObject([notYet('inference'), notYet('inference')]));
    publish(inference.Snapshots.settings);
    await eventually(() => expect(offers()).toHaveLength(2));
  });

  it('lets many who ask two gateways at once pass the credit by one request at most, and tells the others', async () => {
    const asking = await ask(60);
    const held = asking.flatMap((each) => each.held ?? []);
    // Ten fit into 6,100; the eleventh is the one that passes it.
    expect(held).toHaveLength(11);
    const refusals = asking.flatMap(({ refusal }) => refusal ?? []);
    expect(new Set(refusals.map(({ status, code }) => `${status} ${code}`))).toEqual(new Set(['402 InsufficientCredits']));
    // Each came to less: what it did not use is there again.
    for (const each of held) await gateways[0]?.reservations.settle(each, { cost: 100n, input: 40, output: 10 });
    expect((await ask(20)).filter((each) => each.held)).toHaveLength(9);
  });

  it('holds to a budget of the organization as soon as it is set', async () => {
    const [, , , limits] = publishers;
    const bound = { by: 'organization', thing: { of: 'org' }, limits: { ...unbounded, concurrency: 1 } } as const;
    await limits?.put(orgId, { orgId, limits: [bound] });
    const ledgers = publishers[4];
    await ledgers?.put(orgId, { orgId, currency: 'EUR', balance: formatNanos(1_000_000n), booked: formatNanos(0n) });
    const known = () =>
      offers().map((offer) => {
        const { meters, credit } = offer.reservationFor(asking('r'));
        return [meters.length, credit?.balance];
      });
    await eventually(() => expect(known()).toEqual([1, 2].map(() => [1, 1_000_000n])));
    const asked = await ask(10);
    expect(asked.filter(({ held }) => held)).toHaveLength(1);
    expect(asked.find(({ refusal }) => refusal)?.refusal).toMatchObject({
      status: 429,
      code: 'TooManyAtOnce',
      details: { setBy: 'organization' },
    });
  });

  it('changes prices at their moment while everybody who could tell of it is away', async () => {
    const [, , models] = publishers;
    const from = Date.now() + 1_500;
    await models?.put(model.modelId, { ...model, books: [bookFrom(1, 0, 10n), bookFrom(2, from, 20n)] });
    const versions = () => offers().map((offer) => offer.pricesAt({}).version);
    const bothBooks = { books: [{ version: 1 }, { version: 2 }] };
    await eventually(() => expect(offers()).toMatchObject([{ model: bothBooks }, { model: bothBooks }]));
    await Promise.all(publishers.splice(0).map((publisher) => publisher.close()));
    await services.close();
    expect(versions()).toEqual([1, 1]);
    await nats.stop();
    await eventually(() => expect(versions()).toEqual([2, 2]), { within: 10_000 });
    expect(offers()[0]?.reservationFor(asking('r')).cost).toBe(1_200n);
  }, 30_000);
});
