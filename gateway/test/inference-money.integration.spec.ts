import { billing, inference } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import type { DurableUsage } from '../src/inference/usage/durable-usage.ts';
import { settledText } from '../src/inference/usage/note.ts';
import { type Money, startMoney } from './fixtures/money.ts';
import { recordOf, reservationOf, toldOf } from './fixtures/requests.ts';
import { startStreamingGateway } from './fixtures/streaming-gateway.ts';

let money: Money;
const start = 5_000_000_000n;

beforeAll(async () => {
  money = await startMoney();
}, 90_000);
afterAll(async () => {
  await money?.stop();
}, 30_000);

const run = async (usage: DurableUsage, record: inference.UsageRecord): Promise<void> => {
  const { held } = await usage.reserve(reservationOf(record), () => toldOf(record));
  if (held === undefined) throw new Error('it was not let in');
  await usage.settled(held, toldOf(record));
};

const logged = async (orgId: string) => (await money.asOrg(inference.ListRequests, orgId, {})).items;
const billed = async (orgId: string, amount: bigint): Promise<void> => {
  await eventually(async () => expect((await money.balanceOf(orgId)).used).toBe(amount.toString()), { within: 20_000 });
};

describe('A request for inference', () => {
  it('is in the log, in one settlement, and on the bill: from the trace to the entries and back', async () => {
    const usage = await money.usage();
    const orgId = await money.newOrg();
    const records = [
      recordOf(orgId, 525_301n),
      recordOf(orgId, 7n, { priceVersion: 2 }),
      recordOf(orgId, 0n, { outcome: 'failed-before-the-first-byte', status: 502 }),
    ];
    await Promise.all(records.map((record) => run(usage, record)));
    await billed(orgId, 525_308n);
    const lines = await logged(orgId);
    expect(lines.map(({ settledAt: _, settlementId: _id, ...record }) => record)).toEqual(
      expect.arrayContaining(records.map(({ isLogged: _, ...record }) => record)),
    );
    const [first] = records;
    const line = await money.asOrg(inference.GetRequest, orgId, { requestId: first?.requestId ?? '' });
    expect(line).toMatchObject({ cost: '525301', priceVersion: 1, traceId: 'ab'.repeat(16) });
    const { items } = await money.asOrg(billing.ListInferenceUsage, orgId, {});
    expect(items.map(({ cost, priceVersion, requests }) => [cost, priceVersion, requests])).toEqual(expect.arrayContaining([['7', 2, 1]]));
    const { items: transactions } = await money.asOrg(billing.ListTransactions, orgId, {});
    const charge = transactions.find(({ settlementId }) => settlementId === line.settlementId);
    const of = await money.asOrg(inference.ListRequests, orgId, { settlementId: line.settlementId });
    expect(charge?.entries.map(({ amount }) => BigInt(amount))).toEqual([
      -of.items.reduce((sum, { cost }) => sum + BigInt(cost), 0n),
      of.items.reduce((sum, { cost }) => sum + BigInt(cost), 0n),
    ]);
    expect((await money.asOperator(billing.CheckLedger, {})).differences).toEqual([]);
  }, 40_000);

  it('is charged once, though it is told a hundred times, hours apart', async () => {
    const orgId = await money.newOrg();
    const record = recordOf(orgId, 41n);
    const payload = JSON.stringify([{ ...record, settledAt: record.startedAt }]);
    const stream = money.bus.connection.jetstream();
    // Each with an id of its own: what JetStream takes for new.
    await Promise.all(Array.from({ length: 50 }, () => stream.publish(inference.usageTransport.subject, payload)));
    await billed(orgId, 41n);
    await Promise.all(Array.from({ length: 50 }, () => stream.publish(inference.usageTransport.subject, payload)));
    const last = recordOf(orgId, 1n);
    await stream.publish(inference.usageTransport.subject, JSON.stringify([{ ...last, settledAt: last.startedAt }]));
    await billed(orgId, 42n);
    expect(await logged(orgId)).toHaveLength(2);
  }, 40_000);

  it('that cannot be read is kept for an operator, and keeps nobody else waiting', async () => {
    const orgId = await money.newOrg();
    const [good, bad] = [recordOf(orgId, 3n), recordOf(orgId, 4n)];
    const items = [
      { ...bad, cost: '4.5', settledAt: bad.startedAt },
      { ...good, settledAt: good.startedAt },
    ];
    await money.bus.connection.jetstream().publish(inference.usageTransport.subject, JSON.stringify(items));
    await billed(orgId, 3n);
    const { rows } = await money.pools.inference.query<{ body: string }>('SELECT body FROM refused_usage');
    expect(rows.map(({ body }) => JSON.parse(body).requestId)).toContain(bad.requestId);
  }, 40_000);

  it('of which what is kept cannot be read is put aside for an operator, and others are told all the same', async () => {
    const orgId = await money.newOrg();
    const unsent = `orrery:inference:{${orgId}}:unsent`;
    const good = recordOf(orgId, 9n);
    const broken = ['{"requestId":', 'null', JSON.stringify({ ...recordOf(orgId, 8n), settledAt: 'soon' })];
    await money.client.hset(unsent, Object.fromEntries(broken.map((text, index) => [`broken-${index}`, text])));
    await money.client.hset(unsent, good.requestId, settledText(good, Date.now() - 60_000).text);
    await money.usage({ leaseMs: 900 });
    await eventually(async () => expect((await money.balanceOf(orgId)).used).toBe('9'), { within: 20_000 });
    const refused = async (): Promise<string[]> => {
      const { rows } = await money.pools.inference.query<{ body: string }>('SELECT body FROM refused_usage');
      return rows.map(({ body }) => JSON.parse(body));
    };
    await eventually(async () => expect(await refused()).toEqual(expect.arrayContaining(broken)));
    await eventually(async () => expect(await money.client.hlen(unsent)).toBe(0));
  }, 40_000);

  it('is found by what is asked of the log, page by page, and summed up', async () => {
    const usage = await money.usage();
    const [orgId, other] = [await money.newOrg(), await money.newOrg()];
    const records = [
      recordOf(orgId, 10n, { tags: ['blue'], correlationId: 'c-1' }),
      recordOf(orgId, 20n, { model: 'orrery/other', durationMs: 80 }),
      recordOf(orgId, 30n, { status: 499, outcome: 'left-while-it-was-answered', isEstimated: true }),
      recordOf(other, 1_000n),
    ];
    for (const record of records) await run(usage, record);
    await billed(orgId, 60n);
    const costs = async (input: Parameters<typeof money.asOrg<typeof inference.ListRequests>>[2]) =>
      (await money.asOrg(inference.ListRequests, orgId, input)).items.map(({ cost }) => cost).sort();
    expect(await costs({ tag: 'blue' })).toEqual(['10']);
    expect(await costs({ tag: 'Blue' })).toEqual([]);
    expect(await costs({ correlationId: 'c-1' })).toEqual(['10']);
    expect(await costs({ model: 'orrery/other' })).toEqual(['20']);
    expect(await costs({ succeeded: 'false' })).toEqual(['30']);
    expect(await costs({ to: '2020-01-01T00:00:00Z' })).toEqual([]);
    const first = await money.asOrg(inference.ListRequests, orgId, { limit: 2 });
    const rest = await money.asOrg(inference.ListRequests, orgId, { limit: 2, cursor: first.nextCursor });
    expect([...first.items, ...rest.items].map(({ cost }) => cost).sort()).toEqual(['10', '20', '30']);
    expect(await money.asOrg(inference.ListRequestsCounted, orgId, { limit: 1, offset: 2 })).toMatchObject({ total: 3, items: [{}] });
    expect(await money.asOrg(inference.SummarizeRequests, orgId, {})).toMatchObject({
      requests: 3,
      succeeded: 2,
      estimated: 1,
      cost: '60',
      input: 300,
      models: [
        { model: 'orrery/tiny-chat', cost: '40' },
        { model: 'orrery/other', cost: '20', averageMs: 80 },
      ],
      outcomes: [
        { outcome: 'finished', requests: 2, cost: '30' },
        { outcome: 'left-while-it-was-answered', requests: 1, cost: '30' },
      ],
    });
  }, 40_000);
});

describe('A gateway that is killed in the middle of a stream', () => {
  it('has its request settled once and billed once, as an estimate', async () => {
    const orgId = await money.newOrg();
    const leaseMs = 900;
    const victim = await startStreamingGateway({ redisUrl: money.redis.url, natsUrl: money.nats.url, leaseMs, orgId });
    await victim.kill9();
    await Promise.all([money.usage({ leaseMs, caretakerMs: 100 }), money.usage({ leaseMs, caretakerMs: 100 })]);
    const [line, ...more] = await eventually(
      async () => {
        const lines = await logged(orgId);
        return lines.length > 0 && lines;
      },
      { within: 20_000 },
    );
    expect(line).toMatchObject({ requestId: victim.requestId, outcome: 'lost-with-the-process', isEstimated: true });
    expect(more).toEqual([]);
    await billed(orgId, BigInt(line?.cost ?? 0));
    expect((await money.balanceOf(orgId)).balance).toBe((start - BigInt(line?.cost ?? 0)).toString());
    expect(await money.client.hmget(`orrery:inference:{${orgId}}:credit`, 'reserved', 'settled')).toEqual(['0', line?.cost]);
  }, 60_000);
});

describe('While one of them is away', () => {
  it('requests go on, and each is billed once when all are back', async () => {
    const usage = await money.usage();
    const orgId = await money.newOrg();
    const five = async (): Promise<void> => {
      for (let count = 0; count < 5; count += 1) await run(usage, recordOf(orgId, 1_001n));
    };
    await five();
    await money.redis.stop();
    await eventually(() => usage.isAlone);
    await five();
    await money.redis.restart();
    await eventually(() => !usage.isAlone);
    await money.nats.stop();
    await eventually(() => !money.bus.isConnected);
    await five();
    await money.nats.restart();
    await eventually(() => money.bus.isConnected);
    await five();
    await billed(orgId, 20n * 1_001n);
    expect(await logged(orgId)).toHaveLength(20);
  }, 90_000);
});
