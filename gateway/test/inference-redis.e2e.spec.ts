import type { Server } from '@orrery/servers';
import { completes, eventually } from '@orrery/testing';
import { Redis } from 'ioredis';
import { holdStream } from './fixtures/held-stream.ts';
import { type Customer, type InferenceSystem, nanosPerToken, startInferenceSystem } from './fixtures/inference-system.ts';

const counted = (tokens: number) => ({ prompt_tokens: 11, completion_tokens: tokens });
const costOf = (tokens: number): string => `${BigInt(tokens) * nanosPerToken} EUR`;

/** What it has now is what it will have when it is started again. */
const keepData = async ({ url }: Server): Promise<void> => {
  const client = new Redis(url);
  try {
    await client.save();
  } finally {
    client.disconnect();
  }
};

describe('Calling models when Redis is killed and started again', () => {
  let system: InferenceSystem;

  beforeAll(async () => {
    system = await startInferenceSystem({
      ORRERY_INFERENCE_REDIS_MS: '500',
      ORRERY_RATE_LIMIT_REDIS_MS: '500',
      ORRERY_INFERENCE_LEASE_SECONDS: '6',
    });
  }, 120_000);
  afterAll(() => system?.stop(), 60_000);

  const newcomer = async (rules: object = {}): Promise<{ who: Customer; key: string }> => {
    const who = await system.customer();
    const key = await who.key({ ...rules });
    await eventually(async () => expect((await system.chat(key, { model: 'acme/free' })).status).toBe(200), { within: 15_000 });
    return { who, key };
  };

  const calls = async (key: string, tokens: number): Promise<void> => {
    system.model.next(completes({ usage: counted(tokens) }), completes({ usage: counted(tokens) }));
    const whole = await system.chat(key);
    expect([whole.status, whole.headers.get('x-orrery-cost')]).toEqual([200, costOf(tokens)]);
    const streamed = await system.chat(key, { stream: true });
    expect([streamed.status, await streamed.text()]).toEqual([200, expect.stringContaining('[DONE]')]);
  };

  const keyed = async (key: string): Promise<number> => (await system.chat(key, {}, { headers: { 'idempotency-key': 'once' } })).status;

  const linesOf = (who: Customer, count: number): Promise<readonly { outcome: string; cost: string }[]> =>
    eventually(
      async () => {
        const { items } = (await who.call('get', '/inference/requests?model=acme/one&limit=100')).body;
        expect(items).toHaveLength(count);
        return items;
      },
      { within: 30_000, every: 200 },
    );

  /** And stays so: whatever is found of the requests of before has been told by then. */
  const isBilled = async (who: Customer, tokens: number): Promise<void> => {
    const used = String(BigInt(tokens) * nanosPerToken);
    await eventually(async () => expect((await who.call('get', '/balance')).body.used).toBe(used), { within: 30_000, every: 200 });
  };

  it.each([
    ['empty', false],
    ['with the data of a moment ago', true],
  ])(
    '%s: streams go on, what comes meanwhile is let in with care, and each is on the bill once',
    async (_, isKept) => {
      const { who, key } = await newcomer();
      await calls(key, 1);
      const [during, after, noted] = [await holdStream(system, key), await holdStream(system, key), await holdStream(system, key)];
      if (isKept) await keepData(system.redis);
      // It ends after the data was kept: Redis will say that it is open.
      expect(await noted.end(counted(4))).toContain('[DONE]');
      await calls(key, 2);
      await system.redis.kill9();
      await calls(key, 3);
      expect(await during.end(counted(3))).toContain('[DONE]');
      expect(await keyed(key)).toBe(503);
      const late = await holdStream(system, key);
      await system.redis.restart();
      expect(await after.end(counted(2))).toContain('[DONE]');
      expect(await late.end(counted(1))).toContain('[DONE]');
      // From now on as ever.
      await eventually(async () => expect(await keyed(key)).toBe(200), { within: 15_000 });
      await calls(key, 1);
      const lines = await linesOf(who, 13);
      expect(new Set(lines.map(({ outcome }) => outcome))).toEqual(new Set(['finished']));
      await isBilled(who, 2 + 4 + 4 + 6 + 3 + 2 + 1 + 4 + 2);
      const client = new Redis(system.redis.url);
      try {
        // Nothing stays set aside. An empty one may never have heard of it: the gateway let the last ones in alone until it had connected again.
        const reserved = async () => (await client.hget(`orrery:inference:{${who.orgId}}:credit`, 'reserved')) ?? '0';
        await eventually(async () => expect(await reserved()).toBe('0'), {
          within: 30_000,
          every: 200,
        });
      } finally {
        client.disconnect();
      }
      expect(await linesOf(who, 13)).toEqual(expect.arrayContaining([...lines]));
      await isBilled(who, 28);
    },
    150_000,
  );

  it('empty: budgets begin anew, and credit is what the ledger says', async () => {
    const { who, key } = await newcomer({ monthlySpend: String(8n * nanosPerToken) });
    const other = await who.key();
    expect([(await system.chat(key)).status, (await system.chat(key)).status]).toEqual([200, 200]);
    await eventually(async () => expect((await system.chat(key)).status).toBe(429));
    system.model.always(completes({ usage: counted(100) }));
    const spending = await Promise.all(Array.from({ length: 12 }, () => system.chat(other, { max_tokens: 100 })));
    system.model.always(completes());
    // 992 of 1,000 tokens are left.
    expect(spending.map(({ status }) => status).sort()).toEqual([...Array(10).fill(200), 402, 402]);
    await isBilled(who, 1_008);
    await system.redis.kill9();
    await system.redis.restart();
    await eventually(async () => expect((await system.chat(key)).headers.get('x-should-retry')).toBe('false'), { within: 15_000 });
    expect((await system.chat(key)).status).toBe(402);
    await system.asOperator('post', `/accounts/${who.orgId}/grants`, { amount: String(1_000n * nanosPerToken), kind: 'manual' });
    await eventually(async () => expect((await system.chat(key)).status).toBe(200), { within: 15_000 });
    await isBilled(who, 1_012);
  }, 90_000);
});
