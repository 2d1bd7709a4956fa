import { randomUUID } from 'node:crypto';
import { inference as contracts, formatNanos, identity, UserId } from '@orrery/contracts';
import { type SnapshotWatcher, watchSnapshot } from '@orrery/messaging';
import { asOperator, asOwner, contextOf, eventually } from '@orrery/testing';
import { type Neighbours, startNeighbours } from './fixtures/neighbours.ts';
import { type Running, startInference } from './fixtures/running.ts';

let running: Running;
let neighbours: Neighbours;
let told: SnapshotWatcher<typeof contracts.Snapshots.limits.value>;
const ask: Running['ask'] = (...asked) => running.ask(...asked);

beforeAll(async () => {
  running = await startInference();
  neighbours = await startNeighbours(running.bus);
  told = watchSnapshot(running.bus, { snapshot: contracts.Snapshots.limits, onFault: () => undefined });
  await told.ready;
}, 60_000);

afterAll(async () => {
  await told.close();
  await neighbours.stop();
  await running.stop();
}, 30_000);

describe('The limits of an organization', () => {
  const orgId = randomUUID();
  const userId = randomUUID();
  const owner = () => contextOf(asOwner(userId), { orgId });
  const operator = () => contextOf(asOperator);
  const org = 'acme';
  const ofOrg = { of: 'org' } as const;

  beforeAll(() => void neighbours.there.add(orgId).add(userId));

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
    await running.restart();
    await ask(contracts.SetUsageLimit, { org, thing: ofOrg, limits: {} }, owner());
    await ask(contracts.SetUsageLimit, { org, thing: { of: 'user', userId }, limits: {} }, owner());
    await eventually(() => expect(told.get(orgId)?.limits).toHaveLength(1));
    await ask(contracts.SetOrgUsageLimit, { orgId, thing: ofOrg, limits: {} }, operator());
    await eventually(() => expect(told.get(orgId)).toBeUndefined());
  }, 30_000);

  it.each<[string, contracts.LimitedThing]>([
    ['thing.userId', { of: 'user', userId: UserId.parse(randomUUID()) }],
    ['thing.keyId', { of: 'key', keyId: identity.ApiKeyId.parse(randomUUID()) }],
    ['thing.model', { of: 'model', model: 'acme/none' }],
  ])('are of what there is: %s names nothing here', async (field, thing) => {
    const refusal = { accepted: false, rejection: { code: 'NothingToLimit', details: { field } } };
    const limits = { concurrency: 1 };
    expect(await running.bus.ask(contracts.SetUsageLimit, { org, thing, limits }, owner())).toMatchObject(refusal);
    expect(await running.bus.ask(contracts.SetOrgUsageLimit, { orgId, thing, limits }, operator())).toMatchObject(refusal);
    // What was bounded once, and is gone, may be let go.
    expect(await running.bus.ask(contracts.SetUsageLimit, { org, thing, limits: {} }, owner())).toMatchObject({ accepted: true });
  });

  it('are of an organization that there is', async () => {
    const nowhere = await running.bus.ask(
      contracts.SetOrgUsageLimit,
      { orgId: randomUUID(), thing: ofOrg, limits: { concurrency: 1 } },
      operator(),
    );
    expect(nowhere).toMatchObject({ accepted: false, rejection: { code: 'NothingToLimit', details: { field: 'orgId' } } });
  });

  it('can be set of a model by any of its names', async () => {
    neighbours.there.add('one');
    const thing = { of: 'model', model: 'one' } as const;
    expect(await ask(contracts.SetUsageLimit, { org, thing, limits: { concurrency: 1 } }, owner())).toMatchObject({ thing });
  });
});
