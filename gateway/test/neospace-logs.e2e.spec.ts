import { randomUUID } from 'node:crypto';
import { eventually, refuses } from '@orrery/testing';
import request from 'supertest';
import { type Customer, type InferenceSystem, startInferenceSystem } from './fixtures/inference-system.ts';

interface Shown {
  readonly id: string;
  readonly created_at: string;
}

describe('The inference log of the NeoSpace API', () => {
  let system: InferenceSystem;
  let customer: Customer;
  let key: string;

  const get = (path: string, query: object = {}, token = key) =>
    request(system.url).get(`/v1${path}`).set('x-neo-api-key', token).query(query);
  const chat = (name: string, body: Readonly<Record<string, unknown>> = {}) =>
    system.chat(key, body, { headers: { 'x-request-id': name } });

  beforeAll(async () => {
    system = await startInferenceSystem();
    customer = await system.customer();
    key = await customer.key();
    await eventually(async () => expect((await chat('first')).status).toBe(200), { within: 15_000 });
    expect((await chat('other', { model: 'free', tags: ['nightly', 'eval'], user: 'ada' })).status).toBe(200);
    system.model.next(refuses(400));
    expect((await chat('refused')).status).toBe(400);
    await eventually(async () => expect((await get('/inference-logs')).body.count).toBeGreaterThanOrEqual(3));
  }, 120_000);
  afterAll(() => system?.stop(), 60_000);

  const only = async (query: object) => {
    const { status, body } = await get('/inference-logs', query);
    expect([status, body.has_more]).toEqual([200, false]);
    return body.data.map(({ correlation_id: name }: { correlation_id: string }) => name);
  };

  it('says of each request what it was and how it ended, newest first', async () => {
    const { status, body } = await get('/inference-logs', { correlation_id: 'refused' });
    expect([status, body]).toEqual([
      200,
      {
        count: 1,
        has_more: false,
        data: [
          {
            id: expect.any(String),
            user: customer.userId,
            model: 'acme/one',
            type: 'chat',
            status: 'error',
            tags: [],
            correlation_id: 'refused',
            input_tokens: 0,
            output_tokens: 0,
            total_tokens: 0,
            latency_ms: expect.any(Number),
            error: 'ModelRefused',
            created_at: expect.stringMatching(/Z$/),
          },
        ],
      },
    ]);
    const all: readonly Shown[] = (await get('/inference-logs')).body.data;
    const moments = all.map(({ created_at: at }) => at);
    expect(moments).toEqual([...moments].sort().reverse());
  });

  it('is filtered by how a request ended, by model, kind, user, name and time', async () => {
    expect(await only({ status: 'error' })).toEqual(['refused']);
    expect(await only({ status: 'success' })).not.toContain('refused');
    expect(await only({ model: 'acme/free' })).toEqual(['other']);
    expect(await only({ type: 'embedding' })).toEqual([]);
    expect(await only({ type: 'chat', correlation_id: 'other' })).toEqual(['other']);
    expect(await only({ user: randomUUID() })).toEqual([]);
    expect(await only({ tag: 'nightly' })).toEqual(['other']);
    expect(await only({ tag: 'yearly' })).toEqual([]);
    const [at] = (await get('/inference-logs', { correlation_id: 'other' })).body.data;
    expect(await only({ start_date: at.created_at, model: 'acme/free' })).toEqual(['other']);
    expect(await only({ end_date: at.created_at, model: 'acme/free' })).toEqual([]);
    expect(await only({ start_date: '2999-01-01T00:00:00+02:00' })).toEqual([]);
  });

  it('names whom a client asked for where it said so, and is found by that and by who asked', async () => {
    const users = async (query: object) => (await get('/inference-logs', query)).body.data.map(({ user }: { user: string }) => user);
    expect(await only({ user: 'ada' })).toEqual(['other']);
    expect(await only({ user: 'Ada' })).toEqual([]);
    expect(await users({ user: customer.userId })).toEqual(await users({}));
    expect(await users({ correlation_id: 'other' })).toEqual(['ada']);
    expect(await users({ correlation_id: 'refused' })).toEqual([customer.userId]);
    const sums = await get('/inference-logs/summary', { user: 'ada' });
    expect(sums.body).toMatchObject({ total_calls: 1, model_usage: { 'acme/free': { calls: 1 } } });
    const { body } = await customer.call('get', '/inference/requests?endUser=ada');
    expect(body.items).toMatchObject([{ userId: customer.userId, endUser: 'ada', correlationId: 'other' }]);
  });

  it('is read page by page, and no request is on two of them', async () => {
    const { count } = (await get('/inference-logs')).body;
    const ids = new Set<string>();
    for (let page = 1; page <= count; page += 1) {
      const { body } = await get('/inference-logs', { page, page_size: 1 });
      expect([body.count, body.has_more]).toEqual([1, page < count]);
      ids.add(body.data[0].id);
    }
    expect(ids.size).toBe(count);
    expect((await get('/inference-logs', { page: count + 1, page_size: 1 })).body).toEqual({ count: 0, data: [], has_more: false });
  });

  it('is summed up for a time', async () => {
    const [{ created_at: since }] = (await get('/inference-logs', { correlation_id: 'other' })).body.data;
    const { status, body } = await get('/inference-logs/summary', { start_date: since });
    const { input_tokens: input, output_tokens: output } = body;
    expect([status, body]).toEqual([
      200,
      {
        avg_latency_ms: expect.any(Number),
        input_tokens: expect.any(Number),
        model_usage: { 'acme/one': { calls: 1, tokens: 0 }, 'acme/free': { calls: 1, tokens: input + output } },
        output_tokens: 4,
        period_end_date: expect.stringMatching(/Z$/),
        period_start_date: since,
        success_rate: 0.5,
        total_calls: 2,
        total_tokens: input + output,
      },
    ]);
    const none = await get('/inference-logs/summary', { user: randomUUID() });
    expect(none.body).toMatchObject({ total_calls: 0, success_rate: 0, avg_latency_ms: 0, model_usage: {} });
  });

  it('is of its organization alone, and open to nobody else', async () => {
    const other = await system.customer();
    const theirs = await other.key();
    await eventually(async () => expect((await get('/inference-logs', {}, theirs)).body).toEqual({ count: 0, data: [], has_more: false }));
    const nobody = await request(system.url).get('/v1/inference-logs');
    expect([nobody.status, nobody.body]).toEqual([401, { error: expect.any(String) }]);
    const narrow = await customer.key({ scopes: [{ permissions: ['models:call'] }] });
    await eventually(async () => {
      for (const path of ['/inference-logs', '/inference-logs/summary']) {
        const refused = await get(path, {}, narrow);
        expect([refused.status, refused.body]).toEqual([403, { error: expect.any(String) }]);
      }
    });
  });

  it.each([
    [{ status: 'failed' }, /^status /],
    [{ type: 'telepathy' }, /^type /],
    [{ start_date: 'yesterday' }, /^start_date /],
    [{ end_date: '2026-13-01T00:00:00Z' }, /^end_date /],
    [{ user: 'x'.repeat(257) }, /^user /],
    [{ page: 0 }, /^page /],
    [{ page: 'two' }, /^page /],
    [{ page: 1_000_000, page_size: 500 }, /^page is too far/],
    [{ page_size: 501 }, /^page_size /],
  ])('says what is wrong with %j', async (query, says) => {
    const { status, body } = await get('/inference-logs', query);
    expect([status, body]).toEqual([400, { error: expect.stringMatching(says) }]);
  });
});
