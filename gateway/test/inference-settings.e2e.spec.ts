import { eventually } from '@orrery/testing';
import { Redis } from 'ioredis';
import { type Customer, type InferenceSystem, nanosPerToken, startInferenceSystem } from './fixtures/inference-system.ts';

describe('An owner who wants words masked, answers cached and all of it logged', () => {
  let system: InferenceSystem;
  let customer: Customer;
  let key: string;
  let redis: Redis;

  beforeAll(async () => {
    system = await startInferenceSystem();
    customer = await system.customer();
    key = await customer.key();
    redis = new Redis(system.redis.url);
    await eventually(async () => expect((await system.chat(key, { model: 'acme/free' })).status).toBe(200), { within: 15_000 });
  }, 120_000);
  afterAll(async () => {
    redis?.disconnect();
    await system?.stop();
  }, 60_000);

  const settings = {
    logging: { policy: 'full', retentionDays: 7 },
    cache: { policy: 'always', seconds: 300 },
    guardrails: [{ kind: 'personal-data', name: 'privacy', action: 'mask', data: ['email'] }],
  };
  const ask = (content: string, model = 'acme/one') => system.chat(key, { model, messages: [{ role: 'user', content }] });
  const keptAnswers = () => redis.keys(`orrery:inference:{${customer.orgId}}:cache:*`);
  const contentOf = (answer: Response) =>
    eventually(
      async () => {
        const { body } = await customer.call('get', `/inference/requests/${answer.headers.get('x-orrery-request-id')}`);
        expect(body.content).toBeTruthy();
        return body;
      },
      { within: 15_000 },
    );

  it('has a masked question answered again from the cache, finds the masked words in the log, and pays for it once', async () => {
    const set = await customer.call('put', `/orgs/${customer.slug}/inference-settings`, settings);
    expect([set.status, set.body]).toMatchObject([200, { cache: settings.cache, logging: settings.logging }]);
    await eventually(async () => expect((await ask('Hi', 'acme/free')).headers.get('x-orrery-cache')).toBe('hit'), { within: 15_000 });
    const before = await keptAnswers();
    const visits = system.model.visits.length;

    const first = await ask('I am ada@example.com');
    const words = await first.text();
    expect([first.status, first.headers.get('x-orrery-cache')]).toEqual([200, 'miss']);
    expect(system.model.visits.at(-1)?.body).toMatchObject({ messages: [{ role: 'user', content: 'I am [EMAIL]' }] });
    await eventually(async () => expect(await keptAnswers()).toHaveLength(before.length + 1));

    const again = await ask('I am ada@example.com');
    expect([again.headers.get('x-orrery-cache'), again.headers.get('x-orrery-cost'), await again.text()]).toEqual(['hit', '0 EUR', words]);
    // Whoever it is about: what the model is asked is the same.
    const another = await ask('I am bob@example.com');
    expect([another.headers.get('x-orrery-cache'), await another.text()]).toEqual(['hit', words]);
    expect(system.model.visits).toHaveLength(visits + 1);

    const logged = await Promise.all([first, again, another].map(contentOf));
    expect(logged.map(({ outcome, cost }) => [outcome, cost])).toEqual([
      ['finished', String(4n * nanosPerToken)],
      ['answered-from-the-cache', '0'],
      ['answered-from-the-cache', '0'],
    ]);
    for (const { content } of logged) {
      expect(JSON.parse(content.request.text).messages).toEqual([{ role: 'user', content: 'I am [EMAIL]' }]);
      expect(content.answer).toMatchObject({ text: words, isWhole: true });
    }
    expect(JSON.stringify(logged)).not.toContain('example.com');
    await eventually(async () => expect((await customer.call('get', '/balance')).body.used).toBe(String(4n * nanosPerToken)), {
      within: 15_000,
    });
    const { items } = (await customer.call('get', '/usage/inference')).body;
    expect(items.filter(({ cost }: { cost: string }) => cost !== '0').map(({ cost }: { cost: string }) => cost)).toEqual([
      String(4n * nanosPerToken),
    ]);
  }, 60_000);
});
