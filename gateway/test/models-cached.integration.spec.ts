import { inference, OrgId } from '@orrery/contracts';
import { completes, eventually, refuses, stallsAfter } from '@orrery/testing';
import { type ModelWorld, startModelWorld, startServingWorld } from './fixtures/models.ts';

let times = 0;

/** The gateway hears of it within a second. */
const set = async (models: ModelWorld, organization: string, cache: inference.CachePolicy): Promise<void> => {
  const orgId = OrgId.parse(organization);
  await models.world.publishing.settings.put(orgId, { orgId, settings: { ...inference.usualSettings, cache } });
};

describe('Requests to models whose organization wishes them cached', () => {
  let models: ModelWorld;
  /** A body that nobody has sent yet. */
  const fresh = (more: object = {}): object => ({ user: `somebody-${++times}`, ...more });

  const wish = async (cache: inference.CachePolicy): Promise<void> => {
    await set(models, models.owner.orgId, cache);
    const body = fresh();
    await eventually(async () => {
      const answer = await models.post(body, { headers: cache.policy === 'on-request' ? { 'x-orrery-cache': 'use' } : {} });
      await answer.text();
      expect(answer.headers.has('x-orrery-cache')).toBe(cache.policy !== 'off');
    });
    await models.isAtRest();
    models.server.visits.length = 0;
  };

  beforeAll(async () => {
    models = await startServingWorld();
    await models.isAtRest();
  }, 60_000);
  afterAll(() => models?.stop(), 30_000);
  beforeEach(() => models.server.always(completes()));

  const said = async (response: Response) => ({
    cache: response.headers.get('x-orrery-cache'),
    type: response.headers.get('content-type'),
    text: await response.text(),
  });

  /** Until it is kept: that is done when nobody waits for it any more. */
  const hit = (body: object, more: { path?: string; headers?: Record<string, string> } = {}): Promise<Response> =>
    eventually(async () => {
      const answer = await models.post(body, more);
      if (answer.headers.get('x-orrery-cache') === 'hit') return answer;
      await answer.text();
      throw new Error('not yet');
    });

  it('are answered with what was answered before: for nothing, and seen in the log', async () => {
    await wish({ policy: 'always', seconds: 60 });
    const body = fresh();
    const first = await models.post(body);
    const { text, type } = await said(first);
    const again = await hit(body);
    expect(await said(again)).toEqual({ cache: 'hit', text, type });
    expect(again.headers.get('x-orrery-cost')).toBe('0 EUR');
    expect(Number(again.headers.get('age'))).toBeLessThan(10);
    expect(again.headers.get('x-ratelimit-remaining-requests')).toBe('7');
    expect(again.headers.get('x-orrery-request-id')).not.toBe(first.headers.get('x-orrery-request-id'));
    const record = await models.recordOf(again);
    expect(record).toMatchObject({ outcome: 'answered-from-the-cache', cost: '0', input: 0, output: 0, status: 200, upstream: null });
    const finished = models.records.filter(({ outcome }) => outcome === 'finished').length;
    await (await hit(body)).text();
    await models.isAtRest();
    expect(models.records.filter(({ outcome }) => outcome === 'finished')).toHaveLength(finished);
  });

  it.each([
    ['/v1/chat/completions', {}],
    ['/openai/v1/completions', { prompt: 'Hi' }],
    ['/v1/responses', { input: 'Hi' }],
    ['/v1/messages', { user: undefined, max_tokens: 9, metadata: { user_id: 'somebody' } }],
  ])('are streamed again where they were streamed, at %s', async (path, more) => {
    await wish({ policy: 'always', seconds: 60 });
    const body = fresh({ stream: true, ...more });
    const first = await said(await models.post(body, { path }));
    expect(first.cache).toBe('miss');
    const again = await said(await hit(body, { path }));
    expect(again).toEqual(await said(await hit(body, { path })));
    expect(again).toMatchObject({ cache: 'hit', type: first.type });
    expect(again.text).toHaveLength(first.text.length);
    const whole = await models.post({ ...body, stream: false }, { path });
    expect(await said(whole)).toMatchObject({ cache: 'miss', type: expect.stringContaining('json') });
  });

  it('are others where anything else is asked, or by another API', async () => {
    await wish({ policy: 'always', seconds: 60 });
    const body = fresh({ temperature: 0, prompt: 'Hi' });
    await (await models.post(body)).text();
    await (await hit(body)).text();
    for (const [other, path] of [
      [{ ...body, temperature: 0.1 }, '/v1/chat/completions'],
      [{ ...body, seed: 1 }, '/v1/chat/completions'],
      [{ ...body, model: 'llama' }, '/v1/chat/completions'],
      [body, '/v1/completions'],
    ] as const) {
      expect(await said(await models.post(other, { path }))).toMatchObject({ cache: 'miss' });
    }
    expect(await said(await models.post(body, { path: '/openai/v1/chat/completions' }))).toMatchObject({ cache: 'hit' });
  });

  it('are of one organization', async () => {
    await wish({ policy: 'always', seconds: 60 });
    const body = fresh();
    await (await models.post(body)).text();
    await (await hit(body)).text();
    const other = await models.world.person('owner');
    const key = await models.world.apiKey(other);
    await set(models, other.orgId, { policy: 'always', seconds: 60 });
    const theirs = await eventually(async () => {
      const answer = await models.post(body, { headers: { authorization: `Bearer ${key}` } });
      return answer.headers.has('x-orrery-cache') && answer;
    });
    expect(await said(theirs)).toMatchObject({ cache: 'miss' });
  });

  it('are others where other guardrails hold for who asks', async () => {
    const guarded = models.world.mint(models.owner);
    await guarded.publish();
    const term = `term-${++times}`;
    const name = 'no-terms';
    const guardrails = [{ kind: 'terms', name, action: 'block', stages: ['answer'], terms: [term], keys: [guarded.id] }];
    const cache = { policy: 'always', seconds: 60 };
    const orgId = OrgId.parse(models.owner.orgId);
    const settings = inference.InferenceSettings.parse({ ...inference.usualSettings, cache, guardrails });
    await models.world.publishing.settings.put(orgId, { orgId, settings });
    models.server.always(completes({ words: [term] }));
    const asGuarded = { headers: { authorization: `Bearer ${guarded.key}` } };
    await eventually(async () => expect((await models.post(fresh(), asGuarded)).status).toBe(400));
    const body = fresh();
    expect(await said(await models.post(body))).toMatchObject({ cache: 'miss', text: expect.stringContaining(term) });
    await (await hit(body)).text();
    expect((await models.post(body, asGuarded)).status).toBe(400);
  });

  it('are made where they decline the cache, and where its time is over', async () => {
    await wish({ policy: 'always', seconds: 1 });
    const body = fresh();
    await (await models.post(body)).text();
    await (await hit(body)).text();
    const declined = await models.post(body, { headers: { 'x-orrery-cache': 'bypass' } });
    expect(await said(declined)).toMatchObject({ cache: null });
    await eventually(async () => expect(await said(await models.post(body))).toMatchObject({ cache: 'miss' }));
  });

  it('are cached only where they ask for it, if that is the wish', async () => {
    await wish({ policy: 'on-request', seconds: 60 });
    const body = fresh();
    expect(await said(await models.post(body))).toMatchObject({ cache: null });
    const use = { headers: { 'x-orrery-cache': 'use' } };
    expect(await said(await models.post(body, use))).toMatchObject({ cache: 'miss' });
    await (await hit(body, use)).text();
  });

  it('are cached nowhere if the organization does not wish it, whatever they ask for', async () => {
    await wish({ policy: 'off' });
    const body = fresh();
    for (const _ of [1, 2]) {
      expect(await said(await models.post(body, { headers: { 'x-orrery-cache': 'use' } }))).toMatchObject({ cache: null });
    }
    expect(models.server.visits).toHaveLength(2);
  });

  it('leave nothing behind where they failed or broke off', async () => {
    await wish({ policy: 'always', seconds: 60 });
    await models.anew({ idleMs: 200 });
    const body = fresh({ stream: true });
    models.server.next(stallsAfter(['It', ' was']), refuses(500), completes());
    expect((await said(await models.post(body))).text).toContain('"error"');
    expect((await models.post(body)).status).toBe(502);
    expect(await said(await models.post(body))).toMatchObject({ cache: 'miss', text: expect.stringContaining('[DONE]') });
  });

  it('are kept under their Idempotency-Key too, when they are answered from the cache', async () => {
    await wish({ policy: 'always', seconds: 60 });
    const body = fresh();
    await (await models.post(body)).text();
    await (await hit(body)).text();
    const headers = { 'idempotency-key': `cached-${times}` };
    const first = await models.post(body, { headers });
    const again = await models.post(body, { headers });
    expect([first.headers.get('x-orrery-cache'), again.headers.get('idempotent-replayed')]).toEqual(['hit', 'true']);
    expect(await again.text()).toBe(await first.text());
    expect(again.headers.get('x-orrery-cost')).toBe('0');
  });
});

describe('While Redis is away', () => {
  it('nothing is answered from the cache, and everything is answered', async () => {
    const models = await startModelWorld(1, { env: { ORRERY_INFERENCE_REDIS_MS: '200' } });
    try {
      await set(models, models.owner.orgId, { policy: 'always', seconds: 60 });
      await models.route();
      await eventually(async () => expect((await models.post({})).headers.get('x-orrery-cache')).toBe('hit'));
      await models.world.redis.stop();
      const answer = await eventually(async () => {
        const given = await models.post({});
        return given.headers.get('x-orrery-cache') === 'miss' && given;
      });
      expect(answer.status).toBe(200);
    } finally {
      await models.stop();
    }
  }, 60_000);
});
