import { inference } from '@orrery/contracts';
import { commonStreams, ensureStreams } from '@orrery/event-store';
import { type Bus, connectBus } from '@orrery/messaging';
import { logOf } from '@orrery/telemetry';
import { eventually, startNats, startRedis } from '@orrery/testing';
import { Redis } from 'ioredis';
import { z } from 'zod';
import type { Held } from '../src/inference/limits/reservations.ts';
import { DurableUsage, type DurableUsageOptions } from '../src/inference/usage/durable-usage.ts';
import { freshOrg, recordOf, reservationOf, toldOf } from './fixtures/requests.ts';
import { type StreamingGateway, startStreamingGateway } from './fixtures/streaming-gateway.ts';

const shortLeaseMs = 900;
const Batch = z.array(inference.SettledUsage);

let redis: Awaited<ReturnType<typeof startRedis>>;
let nats: Awaited<ReturnType<typeof startNats>>;
let bus: Bus;
let client: Redis;
const open: DurableUsage[] = [];
const victims: StreamingGateway[] = [];

beforeEach(async () => {
  [redis, nats] = await Promise.all([startRedis(), startNats()]);
  client = new Redis(redis.url, { retryStrategy: () => 100 });
  client.on('error', () => undefined);
  bus = await connectBus({ url: nats.url, name: 'gateway' });
  await ensureStreams(await bus.connection.jetstreamManager(), commonStreams());
}, 30_000);
afterEach(async () => {
  await Promise.all(victims.splice(0).map((victim) => victim.kill9()));
  await Promise.all(open.splice(0).map((each) => each.close()));
  client?.disconnect();
  await bus?.close();
  await Promise.all([redis?.stop(), nats?.stop()]);
}, 30_000);

const usageOf = async (more: Partial<DurableUsageOptions> = {}): Promise<DurableUsage> => {
  const made = new DurableUsage({ url: redis.url, bus, log: logOf('test'), patienceMs: 1_000, ...more });
  open.push(made);
  await eventually(() => !made.isAlone);
  return made;
};

const letIn = async (usage: DurableUsage, record: inference.UsageRecord): Promise<Held> => {
  const { held } = await usage.reserve(reservationOf(record), () => toldOf(record));
  if (held === undefined) throw new Error('it was not let in');
  return held;
};

/** Whatever JetStream has, in order. */
const told = async (): Promise<readonly inference.SettledUsage[]> => {
  const jsm = await bus.connection.jetstreamManager();
  const { state } = await jsm.streams.info(inference.usageTransport.stream);
  const messages = await Promise.all(
    Array.from({ length: state.messages }, (_, index) => jsm.streams.getMessage('USAGE', { seq: state.first_seq + index })),
  );
  return messages.flatMap((message) => Batch.parse(message.json()));
};

const keptFor = (orgId: string): Promise<number> => client.hlen(`orrery:inference:{${orgId}}:unsent`);
const settledFor = (orgId: string) => client.hmget(`orrery:inference:{${orgId}}:credit`, 'reserved', 'settled');

describe('What a request came to', () => {
  it('is told once, however often its end is noticed, and then Redis keeps nothing of it', async () => {
    const usage = await usageOf();
    const record = recordOf(freshOrg(), 70n);
    const held = await letIn(usage, record);
    await Promise.all([usage.settled(held, toldOf(record)), usage.settled(held, toldOf(record))]);
    await usage.settled(held, toldOf(record));
    await eventually(async () => expect(await told()).toEqual([{ ...record, settledAt: expect.any(String) }]));
    await eventually(async () => expect(await keptFor(record.orgId)).toBe(0));
    expect(await settledFor(record.orgId)).toEqual(['0', '70']);
  });

  it('goes with others in one message', async () => {
    const usage = await usageOf();
    const orgId = freshOrg();
    const records = Array.from({ length: 300 }, () => recordOf(orgId, 1n));
    const held = await Promise.all(records.map((record) => letIn(usage, record)));
    await Promise.all(held.map((each, index) => usage.settled(each, toldOf(records[index] ?? recordOf(orgId, 0n)))));
    await eventually(async () => expect(await told()).toHaveLength(300));
    const { state } = await (await bus.connection.jetstreamManager()).streams.info('USAGE');
    expect(state.messages).toBeLessThan(10);
  });

  it('lies in Redis while NATS is away, and is told when it is back', async () => {
    const usage = await usageOf();
    const record = recordOf(freshOrg(), 70n);
    const held = await letIn(usage, record);
    await nats.stop();
    await eventually(() => !bus.isConnected);
    await usage.settled(held, toldOf(record));
    expect(await keptFor(record.orgId)).toBe(1);
    await nats.restart();
    await eventually(async () => expect((await told()).map(({ requestId }) => requestId)).toEqual([record.requestId]), { within: 20_000 });
    await eventually(async () => expect(await keptFor(record.orgId)).toBe(0));
  }, 40_000);

  it('goes straight to JetStream while Redis is away', async () => {
    const usage = await usageOf();
    const record = recordOf(freshOrg(), 70n);
    const held = await letIn(usage, record);
    await redis.stop();
    await eventually(() => usage.isAlone);
    await usage.settled(held, toldOf(record));
    const alone = recordOf(freshOrg(), 30n);
    await usage.settled(await letIn(usage, alone), toldOf(alone));
    await eventually(async () => {
      expect((await told()).map(({ requestId }) => requestId).sort()).toEqual([record.requestId, alone.requestId].sort());
    });
  }, 40_000);

  it('is told though Redis has forgotten that it was ever open', async () => {
    const usage = await usageOf();
    const record = recordOf(freshOrg(), 70n);
    const held = await letIn(usage, record);
    await client.flushall();
    await usage.settled(held, toldOf(record));
    await eventually(async () => expect((await told()).map(({ requestId }) => requestId)).toEqual([record.requestId]));
    await eventually(async () => expect(await keptFor(record.orgId)).toBe(0));
    // It counts in its minute, for whoever compares; the limits begin anew.
    const [minute] = await client.keys(`orrery:inference:{${record.orgId}}:minute:*`);
    expect(await client.hgetall(minute ?? '')).toEqual({ cost: '70', requests: '1' });
    expect(await client.exists(`orrery:inference:{${record.orgId}}:credit`)).toBe(0);
  });

  it('that ended while Redis was away is counted there when it is back, and nothing stays reserved', async () => {
    const usage = await usageOf({ leaseMs: 30_000, caretakerMs: 100 });
    const record = recordOf(freshOrg(), 70n);
    const held = await letIn(usage, record);
    // It answers too late: the connection stands, and the data with it.
    await client.call('CLIENT', 'PAUSE', '2500', 'ALL');
    await usage.settled(held, toldOf(record));
    await eventually(async () => expect(await settledFor(record.orgId)).toEqual(['0', '70']), { within: 10_000 });
    await eventually(async () => expect((await told()).length).toBeGreaterThan(0));
    expect(new Set((await told()).map(({ requestId }) => requestId))).toEqual(new Set([record.requestId]));
  }, 30_000);

  it('waits in memory while both are away, within a bound: beyond it nothing more is let in, and nothing is lost', async () => {
    const usage = await usageOf();
    await Promise.all([redis.stop(), nats.stop()]);
    await eventually(() => usage.isAlone && !bus.isConnected);
    const orgId = freshOrg();
    let settled = 0;
    for (; usage.hasRoom && settled < 20_000; settled += 1) {
      const record = recordOf(orgId, 1n);
      await usage.settled(await letIn(usage, record), toldOf(record));
    }
    expect(settled).toBe(10_000);
    await nats.restart();
    await eventually(async () => expect(await told()).toHaveLength(10_000), { within: 30_000, every: 500 });
    expect(usage.hasRoom).toBe(true);
  }, 90_000);
});

describe('A gateway that is killed', () => {
  it('in the middle of a stream leaves a request that another settles once, as far as it was noted, as an estimate', async () => {
    const victim = await startStreamingGateway({ redisUrl: redis.url, natsUrl: nats.url, leaseMs: shortLeaseMs });
    victims.push(victim);
    const { orgId, requestId } = victim;
    // It says from time to time how far it has come.
    await eventually(async () => {
      const noted = await client.hget(`orrery:inference:{${orgId}}:records`, requestId);
      expect(JSON.parse(noted ?? '{}').record.output).toBeGreaterThan(10);
    });
    await victim.kill9();
    await Promise.all([usageOf({ leaseMs: shortLeaseMs, caretakerMs: 100 }), usageOf({ leaseMs: shortLeaseMs, caretakerMs: 100 })]);
    const [found, ...more] = await eventually(async () => {
      const records = await told();
      return records.length > 0 && records;
    });
    expect(found).toMatchObject({ requestId, outcome: 'lost-with-the-process', isEstimated: true });
    expect(found?.output).toBeGreaterThan(10);
    expect(more).toEqual([]);
    expect(await settledFor(orgId)).toEqual(['0', found?.cost]);
    await eventually(async () => expect(await keptFor(orgId)).toBe(0));
    expect(await client.zcard(`orrery:inference:{${orgId}}:open`)).toBe(0);
  }, 40_000);

  it('before it could tell leaves what it settled in Redis, and another tells it', async () => {
    const usage = await usageOf();
    await nats.stop();
    const record = recordOf(freshOrg(), 70n);
    await usage.settled(await letIn(usage, record), toldOf(record));
    // Closed with the bus away, it leaves what it has not told.
    open.splice(open.indexOf(usage), 1);
    await usage.close();
    await nats.restart();
    await eventually(() => bus.isConnected);
    await usageOf({ leaseMs: shortLeaseMs, caretakerMs: 100 });
    await eventually(async () => expect((await told()).map(({ requestId }) => requestId)).toEqual([record.requestId]), { within: 20_000 });
    await eventually(async () => expect(await keptFor(record.orgId)).toBe(0));
  }, 40_000);

  it('or only slept so long that it was taken for dead, adds nothing when it wakes', async () => {
    const victim = await startStreamingGateway({ redisUrl: redis.url, natsUrl: nats.url, leaseMs: shortLeaseMs });
    victims.push(victim);
    victim.signal('SIGSTOP');
    await usageOf({ leaseMs: shortLeaseMs, caretakerMs: 100 });
    await eventually(async () => expect(await told()).toHaveLength(1));
    victim.signal('SIGCONT');
    await victim.finish();
    const [found] = await told();
    expect(found).toMatchObject({ requestId: victim.requestId, outcome: 'lost-with-the-process' });
    // What it might have told would have been told within one turn of the publisher, as this is.
    const next = await usageOf();
    const record = recordOf(freshOrg(), 1n);
    await next.settled(await letIn(next, record), toldOf(record));
    await eventually(async () => expect(await told()).toHaveLength(2));
    expect(await settledFor(victim.orgId)).toEqual(['0', found?.cost]);
  }, 40_000);
});
