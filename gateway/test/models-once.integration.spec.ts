import { completes, eventually, refuses, stallsAfter } from '@orrery/testing';
import { type ModelWorld, startModelWorld, startServingWorld } from './fixtures/models.ts';

const long = 'x'.repeat(60_000);
let times = 0;
const freshKey = (): string => `key-${++times}`;

describe('A request to a model with an Idempotency-Key', () => {
  let models: ModelWorld;

  beforeAll(async () => {
    models = await startServingWorld();
    await models.isAtRest();
  }, 60_000);
  afterAll(() => models?.stop(), 30_000);
  beforeEach(async () => {
    models.server.always(completes());
    await models.anew();
    await models.isAtRest();
  });

  interface More {
    readonly path?: string;
    readonly signal?: AbortSignal;
    readonly headers?: Record<string, string>;
  }

  const post = (key: string, body: object = {}, { headers, ...more }: More = {}): Promise<Response> =>
    models.post(body, { ...more, headers: { 'idempotency-key': key, ...headers } });

  const told = async (response: Response) => ({
    status: response.status,
    type: response.headers.get('content-type'),
    id: response.headers.get('x-orrery-request-id'),
    text: await response.text(),
  });

  const charges = async (requestId: string | null): Promise<number> => {
    await models.isAtRest();
    return models.records.filter((record) => record.requestId === requestId).length;
  };

  it.each([
    '/v1/chat/completions',
    '/openai/v1/completions',
    '/api/v2/external/serverless/embeddings',
    '/v1/responses',
    '/v1/messages',
    '/api/v2/external/chat/completions',
  ])('at %s is made and charged once; whoever sends it again gets the same answer', async (path) => {
    const body = { input: 'Hi', max_tokens: 9 };
    const key = freshKey();
    const first = await told(await post(key, body, { path }));
    const before = models.records.length;
    const again = await post(key, body, { path });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.headers.get('x-orrery-cost')).toBe('0');
    expect(again.headers.get('x-request-id')).toBeTruthy();
    expect(await told(again)).toEqual(first);
    expect(first.status).toBe(200);
    expect(models.server.visits).toHaveLength(1);
    expect(await charges(first.id)).toBe(1);
    expect(models.records.length).toBeLessThanOrEqual(before + 1);
  });

  it('is streamed again, byte by byte', async () => {
    const key = freshKey();
    const first = await post(key, { stream: true });
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    const whole = await told(first);
    const again = await told(await post(key, { stream: true }));
    expect(again).toEqual(whole);
    expect(again.type).toContain('text/event-stream');
    expect(again.text).toContain('[DONE]');
    expect(models.server.visits).toHaveLength(1);
  });

  it('is refused where the key was used for another one', async () => {
    const key = freshKey();
    await (await post(key)).text();
    const other = await post(key, { temperature: 0.5 });
    expect(other.status).toBe(400);
    expect(await other.json()).toMatchObject({ error: { code: 'idempotency_key_reused' } });
    expect(models.server.visits).toHaveLength(1);
  });

  it('is another one at another route, of another key of the caller, and under another key', async () => {
    const key = freshKey();
    await (await post(key, { prompt: 'Hi' })).text();
    const otherCaller = await models.world.apiKey(models.owner);
    const others = await Promise.all([
      post(key, { prompt: 'Hi' }, { path: '/v1/completions' }),
      post(key, { prompt: 'Hi' }, { headers: { authorization: `Bearer ${otherCaller}` } }),
      post(freshKey(), { prompt: 'Hi' }),
    ]);
    for (const other of others) {
      expect([other.status, other.headers.get('idempotent-replayed')]).toEqual([200, null]);
      await other.text();
    }
    expect(models.server.visits).toHaveLength(4);
  });

  it('is refused where the key is none', async () => {
    expect((await post('x'.repeat(256))).status).toBe(400);
    expect(models.server.visits).toHaveLength(0);
  });

  it('waits for the same one that is under way, and gets its answer', async () => {
    const key = freshKey();
    models.server.next(completes({ everyMs: 150 }));
    const all = await Promise.all(Array.from({ length: 5 }, async () => told(await post(key, { stream: true }))));
    expect(new Set(all.map(({ text }) => text)).size).toBe(1);
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(models.server.visits).toHaveLength(1);
    expect(await charges(all[0]?.id ?? null)).toBe(1);
  });

  it.each([
    ['failed', refuses(500), 502],
    ['was refused by the model server', refuses(400), 400],
  ])('that %s and cost nothing can be made again', async (_name, act, status) => {
    const key = freshKey();
    models.server.next(act);
    expect((await post(key)).status).toBe(status);
    const again = await post(key);
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, null]);
    await again.text();
  });

  it('goes on when its client leaves in the middle, and whoever comes back for it gets the whole, charged once', async () => {
    const key = freshKey();
    models.server.next(completes({ everyMs: 150 }));
    const leaving = new AbortController();
    const first = await post(key, { stream: true }, { signal: leaving.signal });
    await first.body?.getReader().read();
    leaving.abort();
    const again = await told(await post(key, { stream: true }));
    expect(again.text).toContain('[DONE]');
    expect(again.id).toBe(first.headers.get('x-orrery-request-id'));
    expect(models.server.visits).toHaveLength(1);
    expect(await models.recordOf(first)).toMatchObject({ outcome: 'finished', isEstimated: false, status: 200, output: 4 });
    expect(await charges(again.id)).toBe(1);
  });

  it('that broke off after it had cost something breaks off in the same way again, and is not paid twice', async () => {
    const key = freshKey();
    await models.anew({ idleMs: 300 });
    models.server.next(stallsAfter(['It', ' was']));
    const first = await told(await post(key, { stream: true }));
    expect(first.text).toContain('"error"');
    const again = await told(await post(key, { stream: true }));
    expect(again).toEqual(first);
    expect(models.server.visits).toHaveLength(1);
    expect(await charges(first.id)).toBe(1);
  });

  it('that failed after it had cost something fails again', async () => {
    const key = freshKey();
    models.server.next(({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 500 });
      response.write('{"choices":[{"index":0,"message":{"role":"assistant","content":"It was a dark');
      setTimeout(() => response.destroy(), 50);
    });
    const first = await post(key);
    expect(first.status).toBe(502);
    expect(BigInt((await models.recordOf(first)).cost)).toBeGreaterThan(0n);
    const again = await post(key);
    expect([again.status, again.headers.get('idempotent-replayed'), await again.text()]).toEqual([502, 'true', await first.text()]);
    expect(models.server.visits).toHaveLength(1);
  });

  it('whose answer is too long to be kept is charged once and not made again', async () => {
    const key = freshKey();
    models.server.next(completes({ words: Array.from({ length: 80 }, () => long) }));
    const first = await told(await post(key, { stream: true }));
    expect(first.text).toContain('[DONE]');
    const again = await post(key, { stream: true });
    expect([again.status, again.headers.get('x-should-retry')]).toEqual([409, 'false']);
    expect(await again.json()).toMatchObject({ error: { code: 'answer_not_kept' } });
    expect(models.server.visits).toHaveLength(1);
  });
});

describe('While Redis is away, a request to a model', () => {
  it('with an Idempotency-Key is refused, for nobody can promise that it is made once; without one it is served', async () => {
    const models = await startModelWorld(1, { env: { ORRERY_INFERENCE_REDIS_MS: '200' } });
    try {
      await models.route();
      await eventually(async () => expect((await models.post({})).status).toBe(200));
      const key = { 'idempotency-key': 'once' };
      await (await models.post({}, { headers: key })).text();
      await models.world.redis.stop();
      const refused = await eventually(async () => {
        const answer = await models.post({}, { headers: key });
        return answer.status === 503 && answer;
      });
      expect(refused.headers.get('retry-after')).toBe('1');
      expect(await refused.json()).toMatchObject({ error: { code: 'idempotency_unavailable' } });
      expect((await models.post({})).status).toBe(200);
    } finally {
      await models.stop();
    }
  }, 60_000);
});
