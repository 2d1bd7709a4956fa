import { randomUUID } from 'node:crypto';
import { completes, eventually, refuses } from '@orrery/testing';
import { type HeldStream, holdStream } from './fixtures/held-stream.ts';
import { type Customer, type InferenceSystem, nanosPerToken, startWithCustomer } from './fixtures/inference-system.ts';

describe('Calling models, with every service as it is', () => {
  let system: InferenceSystem;
  let customer: Customer;
  let key: string;

  beforeAll(async () => {
    ({ system, customer, key } = await startWithCustomer());
  }, 120_000);
  afterAll(() => system?.stop(), 60_000);

  const statuses = (answers: readonly Response[]) => answers.map(({ status }) => status).sort();
  const bound = (who: Customer, thing: object, limits: object) => who.call('put', `/orgs/${who.slug}/usage-limits`, { thing, limits });

  it('is on the bill, exactly', async () => {
    const other = await system.customer();
    const itsKey = await other.key();
    await eventually(async () => expect((await system.chat(itsKey)).status).toBe(200));
    await eventually(async () => {
      const { body } = await other.call('get', '/balance');
      expect(body).toMatchObject({ used: String(4n * nanosPerToken), balance: String(1_000_000_000n - 4n * nanosPerToken) });
    });
  });

  it('is refused in the words of each API, naming what is wrong and what mends it', async () => {
    const unknown = await system.chat(key, { model: 'acme/two' });
    expect([unknown.status, await unknown.json()]).toMatchObject([
      404,
      {
        error: {
          message: 'There is no model acme/two: list the models for those that there are.',
          type: 'invalid_request_error',
          param: 'model',
          code: 'model_not_found',
        },
      },
    ]);
    const narrow = await customer.key({ models: ['acme/free'] });
    const narrowed = await eventually(async () => {
      const answer = await system.chat(narrow);
      expect(answer.status).toBe(403);
      return answer;
    });
    expect(await narrowed.json()).toMatchObject({ error: { type: 'permission_error', code: 'model_not_found' } });
    expect((await system.chat(narrow, { model: 'free' })).status).toBe(200);
    const detail = await system.chat(narrow, {}, { path: '/api/v2/external/chat/completions' });
    expect([detail.status, await detail.json()]).toMatchObject([403, { detail: expect.stringContaining('may not call acme/one') }]);
    const said = await system.chat(narrow, {}, { headers: { 'x-neo-api-key': narrow } });
    expect([said.status, await said.json()]).toMatchObject([403, { error: expect.stringContaining('may not call acme/one') }]);
  });

  it('is bounded by a budget that is nearly spent: it is passed by one request, however many come at once', async () => {
    const who = await system.customer();
    const itsKey = await who.key();
    expect((await bound(who, { of: 'org' }, { spendPerDay: String(10n * nanosPerToken) })).status).toBe(200);
    await eventually(async () => expect((await system.chat(itsKey, { model: 'free' })).status).toBe(200));
    const answers = await Promise.all(Array.from({ length: 24 }, () => system.chat(itsKey)));
    // Each costs four tokens: two fit into ten, and the third is the one that passes it.
    expect(statuses(answers)).toEqual([...Array(3).fill(200), ...Array(21).fill(429)]);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.headers.get('x-should-retry')).toBe('false');
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused?.json()).toMatchObject({
      error: { code: 'insufficient_quota', message: expect.stringContaining('The budget of 0.01 EUR a day of this organization is spent') },
    });
  });

  it('is bounded by credit, which is told with 402, and comes back with a grant at once', async () => {
    const who = await system.customer();
    const itsKey = await who.key();
    await eventually(async () => expect((await system.chat(itsKey)).status).toBe(200));
    system.model.always(completes({ usage: { prompt_tokens: 9, completion_tokens: 100 } }));
    const answers = await Promise.all(Array.from({ length: 30 }, () => system.chat(itsKey, { max_tokens: 100 })));
    system.model.always(completes());
    // 996 of 1,000 tokens are left, of which nine requests take a hundred each, and the tenth is the one that passes it.
    expect(statuses(answers)).toEqual([...Array(10).fill(200), ...Array(20).fill(402)]);
    const refused = answers.find(({ status }) => status === 402);
    expect(await refused?.json()).toMatchObject({ error: { type: 'insufficient_quota', code: 'insufficient_quota' } });
    expect((await system.chat(itsKey, { model: 'free' })).status).toBe(200);
    const granted = await system.asOperator('post', `/accounts/${who.orgId}/grants`, { amount: '1000000000', kind: 'manual' });
    expect(granted.status).toBe(201);
    await eventually(async () => expect((await system.chat(itsKey)).status).toBe(200));
  });

  it('is bounded for a key by the month that the key was given, and for others not', async () => {
    const narrow = await customer.key({ monthlySpend: String(5n * nanosPerToken) });
    await eventually(async () => expect((await system.chat(narrow, { model: 'free' })).status).toBe(200));
    const answers = await Promise.all(Array.from({ length: 10 }, () => system.chat(narrow)));
    expect(statuses(answers)).toEqual([200, 200, ...Array(8).fill(429)]);
    expect((await system.chat(key)).status).toBe(200);
  });

  it('is bounded in requests and tokens a minute, and says how they stand', async () => {
    const who = await system.customer();
    const itsKey = await who.key();
    await bound(who, { of: 'model', model: 'ONE' }, { requestsPerMinute: 3, tokensPerMinute: 1_000 });
    const first = await eventually(async () => {
      const answer = await system.chat(itsKey);
      expect([answer.status, answer.headers.get('x-ratelimit-limit-requests')]).toEqual([200, '3']);
      return answer;
    });
    expect(first.headers.get('x-ratelimit-limit-tokens')).toBe('1000');
    const answers = await Promise.all(Array.from({ length: 8 }, () => system.chat(itsKey)));
    expect(statuses(answers).filter((status) => status === 200).length).toBeLessThanOrEqual(2);
    const refused = answers.find(({ status }) => status === 429);
    expect(Number(refused?.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect(await refused?.json()).toMatchObject({
      error: { code: 'rate_limit_exceeded', message: expect.stringMatching(/^3 requests a minute of this organization for this model/) },
    });
  });

  it('costs nothing where the model server refuses, and takes nothing from a budget', async () => {
    const narrow = await customer.key({ monthlySpend: String(5n * nanosPerToken) });
    await eventually(async () => expect((await system.chat(narrow, { model: 'free' })).status).toBe(200));
    for (let times = 0; times < 4; times += 1) {
      system.model.next(refuses(400));
      expect((await system.chat(narrow)).status).toBe(400);
    }
    expect((await system.chat(narrow)).status).toBe(200);
  });

  it('goes on while identity, catalog, inference and billing are away, at gateways that start then, and is on the bill when they are back', async () => {
    const who = await system.customer();
    const itsKey = await who.key({ monthlySpend: String(30n * nanosPerToken) });
    await eventually(async () => expect((await system.chat(itsKey)).status).toBe(200));
    await system.stopServices();
    const during = await Promise.all(Array.from({ length: 4 }, () => system.chat(itsKey)));
    expect(statuses(during)).toEqual([200, 200, 200, 200]);
    const late = await system.startGateway();
    const after = await eventually(async () => {
      const answer = await system.chat(itsKey, {}, { url: late });
      expect(answer.status).toBe(200);
      return answer;
    });
    expect(after.headers.get('x-orrery-cost')).toBe(`${4n * nanosPerToken} EUR`);
    // Of thirty tokens 24 are used: one more fits, and one passes it.
    const last = await Promise.all(Array.from({ length: 5 }, (_, index) => system.chat(itsKey, {}, index % 2 ? { url: late } : {})));
    expect(statuses(last)).toEqual([200, 200, 429, 429, 429]);
    expect((await system.chat(randomUUID())).status).toBe(401);
    await system.startServices();
    await eventually(
      async () => {
        const { body } = await who.call('get', '/balance');
        expect(body.used).toBe(String(32n * nanosPerToken));
      },
      { within: 30_000 },
    );
  }, 120_000);

  it('passes a budget by one request at most, in a language of many tokens too, however many are under way', async () => {
    const limit = 3_000;
    const tokens = 900;
    const narrow = await customer.key({ monthlyTokens: limit });
    await eventually(async () => expect((await system.chat(narrow, { model: 'acme/free' })).status).toBe(200));
    const held: HeldStream[] = [];
    const asked = { messages: [{ role: 'user', content: '数'.repeat(tokens / 3) }] };
    const holdAll = async (): Promise<never> => {
      for (;;) held.push(await holdStream(system, narrow, asked));
    };
    await expect(holdAll()).rejects.toThrow('429');
    // What was to be held for the one that was refused.
    system.model.always(completes());
    for (const stream of held) await stream.end({ prompt_tokens: tokens, completion_tokens: 4 });
    expect(held.length).toBeGreaterThan(0);
    expect(held.length * (tokens + 4)).toBeLessThanOrEqual(limit + tokens + 4);
  });
});
