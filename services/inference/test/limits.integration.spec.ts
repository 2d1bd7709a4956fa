import { randomUUID } from 'node:crypto';
import { inference as contracts, formatNanos, type Operation, type OutputOf, type RequestContext, type RequestOf } from '@orrery/contracts';
import { type Bus, connectBus, type SnapshotWatcher, watchSnapshot } from '@orrery/messaging';
import { type Started, startAll } from '@orrery/process';
import { asOperator, asOwner, contextOf, eventually, type FreshDatabase, freshDatabase, startNats } from '@orrery/testing';
import { inference } from '../src/index.ts';

let nats: Awaited<ReturnType<typeof startNats>>;
let database: FreshDatabase;
let service: Started;
let bus: Bus;
let told: SnapshotWatcher<typeof contracts.Snapshots.limits.value>;

const start = (): Promise<Started> =>
  startAll([inference], {
    ORRERY_POSTGRES_URL: database.url,
    ORRERY_INFERENCE_DATABASE_URL: database.url,
    ORRERY_NATS_URL: nats.url,
    ORRERY_SECRET: '22'.repeat(32),
  });

beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), freshDatabase('inference')]);
  service = await start();
  bus = await connectBus({ url: nats.url, name: 'test' });
  told = watchSnapshot(bus, { snapshot: contracts.Snapshots.limits, onFault: () => undefined });
  await told.ready;
}, 60_000);

afterAll(async () => {
  await told.close();
  await bus.close();
  await service.stop();
  await Promise.all([nats.stop(), database.drop()]);
}, 30_000);

const ask = async <X extends Operation>(operation: X, input: RequestOf<X>, context: RequestContext): Promise<OutputOf<X>> => {
  const outcome = await bus.ask(operation, input, context);
  if (!outcome.accepted) throw new Error(`refused: ${JSON.stringify(outcome.rejection)}`);
  return outcome.value;
};

describe('The limits of an organization', () => {
  const orgId = randomUUID();
  const userId = randomUUID();
  const owner = () => contextOf(asOwner(userId), { orgId });
  const operator = () => contextOf(asOperator);
  const org = 'acme';
  const ofOrg = { of: 'org' } as const;

  it('are its own and the operator’s, and gateways are told of both as soon as they are set', async () => {
    await ask(contracts.SetUsageLimit, { org, thing: ofOrg, limits: { concurrency: 10, spendPerDay: formatNanos(5_000n) } }, owner());
    await ask(contracts.SetUsageLimit, { org, thing: { of: 'user', userId }, limits: { tokensPerMonth: 9 } }, owner());
    await ask(contracts.SetOrgUsageLimit, { orgId, thing: ofOrg, limits: { requestsPerMinute: 60 } }, operator());
    const limits = [
      { by: 'operator', thing: ofOrg, limits: { requestsPerMinute: 60, concurrency: null } },
      { by: 'organization', thing: ofOrg, limits: { concurrency: 10, spendPerDay: '5000' } },
      { by: 'organization', thing: { of: 'user', userId }, limits: { tokensPerMonth: 9 } },
    ];
    await eventually(() => expect(told.get(orgId)).toMatchObject({ orgId, limits }));
    expect((await ask(contracts.ListUsageLimits, { org }, owner())).items).toMatchObject(limits);
    expect((await ask(contracts.ListOrgUsageLimits, { orgId }, operator())).items).toMatchObject(limits);
  });

  it('come again when the service does, and are gone when they bound nothing', async () => {
    await service.stop();
    service = await start();
    await ask(contracts.SetUsageLimit, { org, thing: ofOrg, limits: {} }, owner());
    await ask(contracts.SetUsageLimit, { org, thing: { of: 'user', userId }, limits: {} }, owner());
    await eventually(() => expect(told.get(orgId)?.limits).toHaveLength(1));
    await ask(contracts.SetOrgUsageLimit, { orgId, thing: ofOrg, limits: {} }, operator());
    await eventually(() => expect(told.get(orgId)).toBeUndefined());
  }, 30_000);
});
