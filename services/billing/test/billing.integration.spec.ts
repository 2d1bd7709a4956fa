import { randomUUID } from 'node:crypto';
import {
  billing as contracts,
  execution,
  formatNanos,
  identity,
  type Operation,
  type OutputOf,
  type RequestContext,
  type RequestOf,
} from '@orrery/contracts';
import { type Bus, connectBus, watchSnapshot } from '@orrery/messaging';
import { type Started, startAll } from '@orrery/process';
import { asOperator, asOwner, contextOf, eventually, type FreshDatabase, freshDatabase, granted, startNats } from '@orrery/testing';
import { connect } from 'nats';
import { billing } from '../src/index.ts';
import { OtherLog } from './world/other-log.ts';

let nats: Awaited<ReturnType<typeof startNats>>;
let database: FreshDatabase;
let service: Started;
let bus: Bus;
let identityLog: OtherLog;
let executionLog: OtherLog;

const start = (): Promise<Started> =>
  startAll([billing], {
    ORRERY_POSTGRES_URL: database.url,
    ORRERY_BILLING_DATABASE_URL: database.url,
    ORRERY_NATS_URL: nats.url,
    ORRERY_SECRET: '22'.repeat(32),
    ORRERY_BILLING_SIGNUP_CREDIT: '0.000001',
  });

beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), freshDatabase('billing')]);
  bus = await connectBus({ url: nats.url, name: 'test' });
  [identityLog, executionLog] = await Promise.all([
    OtherLog.open('identity', identity.IdentityEvents, bus),
    OtherLog.open('execution', execution.ExecutionEvents, bus),
  ]);
  service = await start();
}, 60_000);

afterAll(async () => {
  await service.stop();
  await Promise.all([identityLog.close(), executionLog.close()]);
  await bus.close();
  await Promise.all([nats.stop(), database.drop()]);
}, 30_000);

const ask = async <X extends Operation>(operation: X, input: RequestOf<X>, context: RequestContext): Promise<OutputOf<X>> => {
  return granted(await bus.ask(operation, input, context));
};

const userId = randomUUID();
const at = () => new Date().toISOString();
const member = (orgId: string) => contextOf(asOwner(userId), { orgId });
const balanceOf = async (orgId: string) => (await ask(contracts.GetBalance, {}, member(orgId))).balance;

const orgOf = async (kind: identity.OrgView['kind'], balance: string): Promise<string> => {
  const orgId = randomUUID();
  const data = { orgId, slug: `org-${orgId.slice(0, 8)}`, name: 'Org', kind, billingEmail: null, createdBy: userId, at: at() };
  await identityLog.happen(`org-${orgId}`, orgId, { type: 'OrgCreated', data });
  await eventually(async () => expect(await balanceOf(orgId)).toBe(balance));
  return orgId;
};
const newOrg = (): Promise<string> => orgOf('personal', '1000');

const price = { version: 1, currency: 'EUR', nanosPerSecond: formatNanos(7n) } as const;
const runEnd = (runId: string, ranMs: number) => ({
  runId,
  attempt: 1,
  machineType: 'cpu',
  price,
  startedAt: at(),
  endedAt: at(),
  ranMs,
  exitCode: 0,
  reason: 'exited',
  message: null,
  lastSeq: 3,
});
const completes = (orgId: string, runId: string, ranMs: number) =>
  executionLog.happen(`run-${runId}`, orgId, { type: 'RunCompleted', data: runEnd(runId, ranMs) });

const noDifferences = async () => {
  const { differences } = await ask(contracts.CheckLedger, {}, contextOf(asOperator));
  expect(differences).toEqual([]);
};

describe('an account', () => {
  it('is opened with the organization, with the credit to begin with', async () => {
    const orgId = await newOrg();
    expect(await ask(contracts.GetBalance, {}, member(orgId))).toMatchObject({
      balance: '1000',
      granted: '1000',
      used: '0',
      isSuspended: false,
    });
    const { items } = await ask(contracts.ListTransactions, {}, member(orgId));
    expect(items).toMatchObject([{ kind: 'grant', amount: '1000', balanceAfter: '1000' }]);
  });

  it('is given nothing where a person made one more organization', async () => {
    await orgOf('team', '0');
  });

  it('is given credit by an operator, once for one key', async () => {
    const orgId = await newOrg();
    const context = contextOf(asOperator, { idempotent: true });
    const grant = { orgId, amount: formatNanos(5_000n), note: 'welcome' };
    await Promise.all(Array.from({ length: 10 }, () => ask(contracts.GrantCredits, grant, context)));
    expect(await balanceOf(orgId)).toBe('6000');
    const other = await bus.ask(contracts.GrantCredits, { ...grant, amount: formatNanos(1n) }, context);
    expect(other).toMatchObject({ accepted: false, rejection: { code: 'IdempotencyKeyReused' } });
    await noDifferences();
  });
});

describe('What gateways are told of an account', () => {
  it('is its balance and what was charged of inference, whoever changed it, and again where it was lost', async () => {
    const told = watchSnapshot(bus, { snapshot: contracts.Snapshots.ledgers, onFault: () => undefined });
    try {
      const orgId = await newOrg();
      await eventually(() => expect(told.get(orgId)).toEqual({ orgId, currency: 'EUR', balance: '1000', booked: '0' }));
      await ask(contracts.GrantCredits, { orgId, amount: formatNanos(500n) }, contextOf(asOperator));
      await eventually(() => expect(told.get(orgId)).toMatchObject({ balance: '1500' }));
      await completes(orgId, randomUUID(), 1_000);
      await eventually(() => expect(told.get(orgId)).toMatchObject({ balance: '1493', booked: '0' }));
      const connection = await connect({ servers: nats.url });
      const manager = await connection.jetstreamManager();
      await service.stop();
      await manager.streams.delete(`KV_${contracts.Snapshots.ledgers.bucket}`);
      await connection.close();
      service = await start();
      await eventually(async () => expect(await told.caughtUp(200)).toBe(true), { within: 15_000 });
      expect(told.get(orgId)).toMatchObject({ balance: '1493' });
    } finally {
      await told.close();
    }
  }, 30_000);
});

describe('a run', () => {
  it('costs its seconds, each begun one, at its own price', async () => {
    const orgId = await newOrg();
    const runId = randomUUID();
    await completes(orgId, runId, 2_001);
    await eventually(async () => expect(await balanceOf(orgId)).toBe('979'));
    const { items, total, spent } = await ask(contracts.ListUsage, {}, member(orgId));
    expect(items).toMatchObject([{ runId, seconds: 3, nanosPerSecond: '7', amount: '21', priceVersion: 1 }]);
    expect({ total, spent }).toEqual({ total: 1, spent: '21' });
    await noDifferences();
  });

  it('costs nothing where nothing ran', async () => {
    const orgId = await newOrg();
    await completes(orgId, randomUUID(), 0);
    await completes(orgId, randomUUID(), 1_000);
    await eventually(async () => expect(await balanceOf(orgId)).toBe('993'));
    expect((await ask(contracts.ListUsage, {}, member(orgId))).total).toBe(1);
  });

  it('is charged once, although its end is told by two events', async () => {
    const orgId = await newOrg();
    const [told, marker] = [randomUUID(), randomUUID()];
    await completes(orgId, told, 1_000);
    await executionLog.happen(`run-${told}`, orgId, { type: 'RunFailed', data: runEnd(told, 9_000) });
    await completes(orgId, marker, 1_000);
    await eventually(async () => expect((await ask(contracts.ListUsage, {}, member(orgId))).total).toBe(2));
    expect(await balanceOf(orgId)).toBe('986');
  });

  it('is charged once each, a hundred at a time, while billing is stopped and started', async () => {
    const orgId = await newOrg();
    const runs = Array.from({ length: 100 }, () => randomUUID());
    const ends = Promise.all(runs.map((runId) => completes(orgId, runId, 1_000)));
    await service.stop();
    service = await start();
    await ends;
    await eventually(async () => expect(await balanceOf(orgId)).toBe('300'), { within: 15_000 });
    expect((await ask(contracts.ListUsage, {}, member(orgId))).total).toBe(100);
    await noDifferences();
  }, 40_000);
});

describe('credit', () => {
  it('that is used up suspends the organization, and a grant restores it', async () => {
    const orgId = await newOrg();
    await completes(orgId, randomUUID(), 200_000);
    await eventually(async () =>
      expect(await ask(contracts.GetBalance, {}, member(orgId))).toMatchObject({ balance: '-400', isSuspended: true }),
    );
    await ask(contracts.GrantCredits, { orgId, amount: formatNanos(401n) }, contextOf(asOperator));
    expect(await ask(contracts.GetBalance, {}, member(orgId))).toMatchObject({ balance: '1', isSuspended: false });
    await noDifferences();
  });
});
