import { eventually, stallsAfter } from '@orrery/testing';
import OpenAI from 'openai';
import { type Customer, type InferenceSystem, startInferenceSystem } from './fixtures/inference-system.ts';

describe('A request with an Idempotency-Key, when its gateway is killed', () => {
  let system: InferenceSystem;
  let customer: Customer;
  let key: string;

  beforeAll(async () => {
    system = await startInferenceSystem({ ORRERY_INFERENCE_LEASE_SECONDS: '6' });
    customer = await system.customer();
    key = await customer.key();
    await eventually(async () => expect((await system.chat(key, { model: 'acme/free' })).status).toBe(200), { within: 15_000 });
  }, 120_000);
  afterAll(() => system?.stop(), 60_000);

  const outcomes = async (): Promise<readonly string[]> => {
    const { items } = (await customer.call('get', '/inference/requests?model=acme/one')).body;
    return items.map(({ outcome }: { outcome: string }) => outcome).sort();
  };

  it('waits for its lease, is made by another gateway, and is given again by that one; the lost one is settled as lost', async () => {
    const mortal = await system.startMortalGateway();
    await eventually(async () => expect((await system.chat(key, { model: 'acme/free' }, { url: mortal.url })).status).toBe(200), {
      within: 20_000,
    });
    const headers = { 'idempotency-key': 'once' };
    system.model.next(stallsAfter(['It', ' is', ' a', ' long', ' story']));
    const lost = await system.chat(key, { stream: true }, { url: mortal.url, headers });
    const reader = lost.body?.getReader();
    await reader?.read();
    const cut = reader?.closed.catch(() => undefined);
    await mortal.kill9();
    await cut;
    // Its key is held until the lease runs out; whoever comes meanwhile waits, and makes it then.
    const again = await system.chat(key, { stream: true }, { headers });
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, null]);
    const whole = await again.text();
    expect(whole).toContain('[DONE]');
    const third = await system.chat(key, { stream: true }, { headers });
    expect([third.headers.get('idempotent-replayed'), await third.text()]).toEqual(['true', whole]);
    await eventually(async () => expect(await outcomes()).toEqual(['finished', 'lost-with-the-process']), { within: 40_000, every: 500 });
  }, 120_000);

  it("is made once for who asks with OpenAI's own SDK, also at another gateway", async () => {
    const body = { model: 'acme/free', messages: [{ role: 'user' as const, content: 'Hi' }], max_tokens: 4 };
    const ask = (url: string) =>
      new OpenAI({ apiKey: key, baseURL: `${url}/v1` }).chat.completions
        .create(body, { headers: { 'Idempotency-Key': 'sdk' } })
        .withResponse();
    const before = system.model.visits.length;
    const first = await ask(system.url);
    const other = await ask(await system.startGateway());
    expect(other.data).toEqual(first.data);
    expect(other.response.headers.get('idempotent-replayed')).toBe('true');
    expect(system.model.visits).toHaveLength(before + 1);
    const changed = { ...body, max_tokens: 5 };
    const refused = new OpenAI({ apiKey: key, baseURL: `${system.url}/v1` }).chat.completions.create(changed, {
      headers: { 'Idempotency-Key': 'sdk' },
    });
    await expect(refused).rejects.toMatchObject({ status: 400, code: 'idempotency_key_reused' });
  }, 60_000);
});
