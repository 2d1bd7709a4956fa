import { randomUUID } from 'node:crypto';
import { inference as contracts, formatNanos } from '@orrery/contracts';
import { type SnapshotWatcher, watchSnapshot } from '@orrery/messaging';
import { asOperator, asOwner, contextOf, eventually } from '@orrery/testing';
import { type Running, startInference } from './fixtures/running.ts';

let running: Running;
let told: SnapshotWatcher<typeof contracts.Snapshots.limits.value>;
const ask: Running['ask'] = (...asked) => running.ask(...asked);

beforeAll(async () => {
  running = await startInference();
  told = watchSnapshot(running.bus, { snapshot: contracts.Snapshots.limits, onFault: () => undefined });
  await told.ready;
}, 60_000);

afterAll(async () => {
  await told.close();
  await running.stop();
}, 30_000);

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
    await running.restart();
    await ask(contracts.SetUsageLimit, { org, thing: ofOrg, limits: {} }, owner());
    await ask(contracts.SetUsageLimit, { org, thing: { of: 'user', userId }, limits: {} }, owner());
    await eventually(() => expect(told.get(orgId)?.limits).toHaveLength(1));
    await ask(contracts.SetOrgUsageLimit, { orgId, thing: ofOrg, limits: {} }, operator());
    await eventually(() => expect(told.get(orgId)).toBeUndefined());
  }, 30_000);
});
