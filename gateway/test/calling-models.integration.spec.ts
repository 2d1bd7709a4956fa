import { inference, OrgId } from '@orrery/contracts';
import { completes, eventually, refuses } from '@orrery/testing';
import { credential, type ModelWorld, model, startServingWorld } from './fixtures/models.ts';

const counted = 11n * 1_009n + 4n * 4_001n + 7n;

describe('Calling a model', () => {
  let models: ModelWorld;

  beforeAll(async () => {
    models = await startServingWorld();
    await models.isAtRest();
  }, 60_000);
  afterAll(() => models?.stop(), 30_000);
  beforeEach(() => {
    models.server.visits.length = 0;
    models.server.always(completes());
  });

  const bases = ['/v1', '/openai/v1', '/api/v2/external/serverless'];

  it.each([
    ...bases.flatMap((base) => ['/chat/completions', '/completions', '/embeddings'].map((path) => `${base}${path}`)),
    '/api/v2/external/chat/completions',
  ])('is possible at %s: the answer comes as it was said, with what it cost', async (path) => {
    const response = await models.post({}, { path });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-orrery-cost')).toBe(`${counted} EUR`);
    expect(response.headers.get('x-request-id')).toBeTruthy();
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('7');
    expect(await response.json()).toMatchObject({ usage: { prompt_tokens: 11, completion_tokens: 4, total_tokens: 15 } });
    const record = await models.recordOf(response);
    expect(record).toMatchObject({ outcome: 'finished', status: 200, cost: String(counted), input: 11, output: 4, isEstimated: false });
    expect(record).toMatchObject({ route: path, upstream: 'gpu-0', model, attempts: 1, priceVersion: 3, isStreaming: false });
    expect(models.server.visits[0]?.path).toBe(path.replace(/^.*?(?=\/(chat|completions|embeddings))/, '/v1'));
  });

  it('changes nothing in what is sent but the name of the model, and passes on what it does not know', async () => {
    const odd = { temperature: 0.1, tools: [{ type: 'function', x: 1 }], ünknown: { deep: [1, 2, { '': null }] } };
    await (await models.post(odd)).text();
    const [visit] = models.server.visits;
    expect(visit?.raw).toBe(JSON.stringify({ model: 'served-llama', messages: [{ role: 'user', content: 'Hi' }], ...odd }));
  });

  it('shows the upstream its own credential and none of the client, and the client nothing of the upstream', async () => {
    const response = await models.post({}, { headers: { cookie: 'a=b', 'x-neo-api-key': models.key, 'x-api-key': 'y' } });
    const [visit] = models.server.visits;
    expect(visit?.headers['authorization']).toBe(`Bearer ${credential}`);
    expect(JSON.stringify([visit?.headers, visit?.raw])).not.toContain(models.key);
    expect(Object.keys(visit?.headers ?? {}).sort()).toEqual([
      'accept',
      'accept-encoding',
      'authorization',
      'connection',
      'content-length',
      'content-type',
      'host',
      'traceparent',
      'user-agent',
      'x-request-id',
    ]);
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(response.headers.get('server')).toBeNull();
    models.server.next(refuses(400, { message: `the key ${credential} may not` }));
    expect(await (await models.post({})).text()).not.toContain(credential);
  });

  it('streams, and does not show the count to who did not ask for it', async () => {
    const response = await models.post({ stream: true });
    const text = await response.text();
    expect(text).toContain('"content":"world"');
    expect(text).not.toContain('prompt_tokens');
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(models.server.visits[0]?.body['stream_options']).toEqual({ include_usage: true });
    expect((await models.recordOf(response)).cost).toBe(String(counted));
  });

  it('shows the count to who asked for it', async () => {
    const response = await models.post({ stream: true, stream_options: { include_usage: true } });
    expect(await response.text()).toContain('"prompt_tokens":11');
    expect((await models.recordOf(response)).cost).toBe(String(counted));
  });

  it('records whom its client asks for, who is sent on as well; and nobody where nothing is to be logged', async () => {
    const settingsAre = (policy: 'metadata' | 'off') => {
      const { orgId } = models.owner;
      const settings: inference.InferenceSettings = { ...inference.usualSettings, logging: { policy } };
      return models.world.publishing.settings.put(orgId, { orgId: OrgId.parse(orgId), settings });
    };
    expect(await models.recordOf(await models.post({ user: 'ada' }))).toMatchObject({ endUser: 'ada', isLogged: true });
    expect(models.server.visits.at(-1)?.body).toMatchObject({ user: 'ada' });
    expect(await models.recordOf(await models.post({ user: 7 }))).toMatchObject({ endUser: null });
    await settingsAre('off');
    const hidden = await eventually(async () => {
      const record = await models.recordOf(await models.post({ user: 'ada' }));
      expect(record.isLogged).toBe(false);
      return record;
    });
    expect(JSON.stringify(hidden)).not.toContain('ada');
    await settingsAre('metadata');
    await eventually(async () => expect((await models.recordOf(await models.post({}))).isLogged).toBe(true));
  });

  it('tells in the words of the API what is wrong with a request', async () => {
    const asked = await models.post({ model: undefined });
    expect([asked.status, await asked.json()]).toEqual([
      400,
      {
        error: { message: 'model is missing', type: 'invalid_request_error', param: 'model', code: 'invalid_input' },
        detail: { error: { message: 'model is missing', type: 'invalid_request_error' } },
      },
    ]);
    const neospace = await models.post({ model: undefined }, { headers: { 'x-neo-api-key': models.key } });
    expect([neospace.status, await neospace.json()]).toEqual([400, { error: 'model is missing' }]);
    const lyceum = await models.post({ model: undefined }, { path: '/api/v2/external/chat/completions' });
    expect([lyceum.status, await lyceum.json()]).toMatchObject([422, { detail: [{ loc: ['body', 'model'] }] }]);
    const nobody = await models.post({}, { headers: { authorization: 'Bearer nonsense' } });
    expect([nobody.status, await nobody.json()]).toMatchObject([401, { error: { code: 'invalid_api_key' } }]);
    models.server.next(refuses(400, { message: 'messages: too many' }));
    const refused = await models.post({});
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { error: { message: 'messages: too many', type: 'invalid_request_error', param: 'messages', code: 'no_way' } },
    ]);
    expect(await models.recordOf(refused)).toMatchObject({
      cost: '0',
      status: 400,
      error: 'ModelRefused',
      outcome: 'failed-before-the-first-byte',
    });
  });

  const openaiShape = (param: string) => ({ error: { type: 'invalid_request_error', param, code: 'invalid_input' } });
  const messagesShape = (name: string) => ({
    type: 'error',
    error: { type: 'invalid_request_error', message: expect.stringContaining(name) },
  });
  const lyceumShape = (name: string) => ({ detail: [{ loc: ['body', name] }] });
  const deeplogixShape = (name: string) => ({ ok: false, status: 400, message: expect.stringContaining(name) });
  type Refusing = [path: string, status: number, shape: (name: string) => object];
  it.each<Refusing>([
    ...bases.flatMap((base) =>
      ['/chat/completions', '/completions', '/responses'].map((path): Refusing => [`${base}${path}`, 400, openaiShape]),
    ),
    ...bases.map((base): Refusing => [`${base}/messages`, 400, messagesShape]),
    ['/api/v2/external/chat/completions', 422, lyceumShape],
    ['/api/v2/external/sync/', 422, lyceumShape],
    [`/api/model/${encodeURIComponent(model)}/chat`, 400, deeplogixShape],
  ])('refuses at %s numbers that are none, names the field, and asks no model', async (path, status, shape) => {
    for (const [name, value] of Object.entries({ n: 0, max_tokens: -5, max_completion_tokens: 'many' })) {
      const response = await models.post({ model_id: model, [name]: value }, { path });
      expect([response.status, await response.json()]).toMatchObject([status, shape(name)]);
    }
    expect(models.server.visits).toEqual([]);
  });

  it('says of its own credential and routes only that the model failed', async () => {
    for (const status of [401, 403, 404]) {
      models.server.next(refuses(status, { message: 'Incorrect API key' }));
      const response = await models.post({});
      expect([response.status, await response.text()]).toEqual([502, expect.not.stringContaining('Incorrect')]);
    }
  });
});
