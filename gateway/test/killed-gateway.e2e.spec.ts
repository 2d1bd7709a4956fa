import { eventually, stallsAfter } from '@orrery/testing';
import { Redis } from 'ioredis';
import { type Customer, type InferenceSystem, nanosPerToken, startInferenceSystem } from './fixtures/inference-system.ts';

describe('A gateway that is killed while it streams an answer', () => {
  let system: InferenceSystem;
  let customer: Customer;
  let key: string;
  let redis: Redis;

  beforeAll(async () => {
    system = await startInferenceSystem({ ORRERY_INFERENCE_LEASE_SECONDS: '6' });
    customer = await system.customer();
    key = await customer.key();
    redis = new Redis(system.redis.url);
    await eventually(async () => expect((await system.chat(key, { model: 'acme/free' })).status).toBe(200), { within: 15_000 });
  }, 120_000);
  afterAll(async () => {
    redis?.disconnect();
    await system?.stop();
  }, 60_000);

  const requests = async () => (await customer.call('get', '/inference/requests?model=acme/one')).body.items;

  it('leaves a request that another gateway settles, once, as an estimate of what was noted, and that is on the bill', async () => {
    const mortal = await system.startMortalGateway();
    await eventually(async () => expect((await system.chat(key, { model: 'acme/free' }, { url: mortal.url })).status).toBe(200), {
      within: 20_000,
    });
    system.model.next(stallsAfter(['It', ' is', ' a', ' long', ' story', ' that', ' nobody', ' ends']));
    const answer = await system.chat(key, { stream: true, max_tokens: 50 }, { url: mortal.url });
    expect(answer.status).toBe(200);
    const reader = answer.body?.getReader();
    await reader?.read();
    const cut = reader?.closed.catch(() => undefined);
    // From time to time it notes how far it has come.
    await eventually(async () => {
      const notes = await redis.hvals(`orrery:inference:{${customer.orgId}}:records`);
      expect(notes.map((note) => JSON.parse(note).record.output)).toEqual([expect.any(Number)]);
      expect(JSON.parse(notes[0] ?? '').record.output).toBeGreaterThan(0);
    });
    await mortal.kill9();
    await cut;
    const [lost, ...more] = await eventually(
      async () => {
        const items = await requests();
        return items.length > 0 && items;
      },
      { within: 40_000, every: 500 },
    );
    expect(more).toEqual([]);
    expect(lost).toMatchObject({ outcome: 'lost-with-the-process', isEstimated: true, isStreaming: true });
    expect(lost.output).toBeGreaterThan(0);
    expect(BigInt(lost.cost)).toBe(BigInt(lost.output) * nanosPerToken);
    await eventually(async () => expect((await customer.call('get', '/balance')).body.used).toBe(lost.cost), { within: 20_000 });
    // What was set aside has come back: a gateway that lives still lets requests in, and both are billed once.
    expect((await system.chat(key)).status).toBe(200);
    const both = BigInt(lost.cost) + 4n * nanosPerToken;
    await eventually(async () => expect((await customer.call('get', '/balance')).body.used).toBe(String(both)), { within: 20_000 });
  }, 120_000);
});
