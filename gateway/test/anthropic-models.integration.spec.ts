import Anthropic from '@anthropic-ai/sdk';
import request from 'supertest';
import { at } from './fixtures/lyceum-samples.ts';
import { publishedModel, publishModels } from './fixtures/published-models.ts';
import { type Person, startWorld, type World } from './fixtures/world.ts';

const models = [
  publishedModel('orrery/old', { registeredAt: '2026-01-01T00:00:00.000Z' }),
  publishedModel('orrery/chat', { displayName: 'Small chat' }),
  publishedModel('orrery/new', { registeredAt: '2026-03-01T00:00:00.000Z', contextLength: null, maxOutputTokens: null }),
];
const off = publishedModel('orrery/off', { isLive: false });

const shown = {
  type: 'model',
  id: 'orrery/chat',
  display_name: 'Small chat',
  created_at: at,
  max_input_tokens: 8_192,
  max_tokens: 1_024,
  capabilities: null,
  lifecycle: 'active',
  line: null,
  deprecated_at: null,
  retires_at: null,
};

describe("The models, to the clients of Anthropic's SDK", () => {
  let world: World;
  let owner: Person;
  let key: string;

  beforeAll(async () => {
    world = await startWorld();
    owner = await world.person();
    key = await world.apiKey(owner);
  }, 30_000);
  afterAll(() => world?.stop());
  beforeEach(() => publishModels(world, [...models, off]));

  const client = (apiKey = key): Anthropic => new Anthropic({ apiKey, baseURL: world.url, maxRetries: 0 });
  const get = (path: string) => request(world.url).get(path).set({ 'anthropic-version': '2023-06-01', 'x-api-key': key });

  it('are listed newest first, page by page in either direction', async () => {
    const names: string[] = [];
    for await (const { id } of client().models.list({ limit: 1 })) names.push(id);
    expect(names).toEqual(['orrery/new', 'orrery/chat', 'orrery/old']);
    const page = await client().models.list({ before_id: 'orrery/old', limit: 1 });
    expect(page.data).toEqual([shown]);
    expect(page).toMatchObject({ has_more: true, first_id: 'orrery/chat', last_id: 'orrery/chat' });
    await publishModels(world, [off]);
    expect((await get('/v1/models')).body).toEqual({ data: [], has_more: false, first_id: null, last_id: null });
  });

  it.each(['/v1', '/openai/v1', '/api/v2/external/serverless'])('are the same at %s, and found one by one', async (base) => {
    expect((await get(`${base}/models?limit=1&after_id=orrery/new`)).body).toMatchObject({ data: [shown], has_more: true });
    for (const ref of ['orrery%2Fchat', 'orrery/chat']) expect((await get(`${base}/models/${ref}`)).body).toEqual(shown);
  });

  it('are found by the SDK', async () => {
    expect(await client().models.retrieve('orrery/chat')).toEqual(shown);
  });

  it('are for a key that may call some alone those', async () => {
    const narrow = await world.apiKey(owner, { models: ['orrery/old'] });
    const { data } = await client(narrow).models.list();
    expect(data.map(({ id }) => id)).toEqual(['orrery/old']);
    await expect(client(narrow).models.retrieve('orrery/chat')).rejects.toThrow(Anthropic.NotFoundError);
  });

  it('stay what they were to everybody else', async () => {
    const { body } = await request(world.url).get('/v1/models?limit=none').auth(key, { type: 'bearer' });
    expect(body).toMatchObject({ object: 'list', count: 3 });
  });

  it.each([
    ['/v1/models/orrery/none', 404, 'not_found_error'],
    ['/v1/models/orrery%2Foff', 404, 'not_found_error'],
    ['/v1/models?limit=0', 400, 'invalid_request_error'],
    ['/v1/models?limit=1001', 400, 'invalid_request_error'],
    ['/v1/models?after_id=orrery/none', 400, 'invalid_request_error'],
  ])('at %s are refused with %i, in their words', async (path, status, type) => {
    const answer = await get(path);
    expect([answer.status, answer.body]).toEqual([status, { type: 'error', error: { type, message: expect.any(String) } }]);
  });

  it('are for nobody without a key', async () => {
    await expect(client('lk_none').models.list()).rejects.toThrow(Anthropic.AuthenticationError);
    const { status, body } = await request(world.url).get('/v1/models').set('anthropic-version', '2023-06-01');
    expect([status, body.error.type]).toEqual([401, 'authentication_error']);
  });

  describe('count the tokens of a prompt', () => {
    const count = (more: Partial<Anthropic.MessageCountTokensParams> = {}) =>
      client().messages.countTokens({ model: 'orrery/chat', messages: [{ role: 'user', content: 'Hello, world' }], ...more });

    it('about: more where it is longer, and a picture by no means by the length of its file', async () => {
      const plain = (await count()).input_tokens;
      expect(plain).toBe(3 + 4);
      expect((await count({ system: 'Be brief, and kind.' })).input_tokens).toBe(plain + 5);
      const tools: Anthropic.Tool[] = [{ name: 'add', input_schema: { type: 'object', properties: { a: { type: 'number' } } } }];
      expect((await count({ tools })).input_tokens).toBeGreaterThan(plain + 10);
      const source = { type: 'base64', media_type: 'image/png', data: 'A'.repeat(400_000) } as const;
      const messages: Anthropic.MessageParam[] = [{ role: 'user', content: [{ type: 'image', source }] }];
      expect((await count({ messages })).input_tokens).toBe(1_500 + 4);
    });

    it.each<[string, object, number, string]>([
      ['a model that is not there', { model: 'orrery/none' }, 404, 'not_found_error'],
      ['a model that is not served', { model: 'orrery/off' }, 404, 'not_found_error'],
      ['no messages', { messages: undefined }, 400, 'invalid_request_error'],
      ['an empty conversation', { messages: [] }, 400, 'invalid_request_error'],
      ['somebody who speaks in no such role', { messages: [{ role: 'system', content: 'x' }] }, 400, 'invalid_request_error'],
    ])('are refused with %s', async (_, more, status, type) => {
      await expect(count(more)).rejects.toMatchObject({ status, error: { type: 'error', error: { type, message: expect.any(String) } } });
    });

    it.each(['/v1', '/openai/v1', '/api/v2/external/serverless'])('below %s', async (base) => {
      const answer = await request(world.url)
        .post(`${base}/messages/count_tokens`)
        .set('x-api-key', key)
        .send({ model: 'orrery/chat', messages: [{ role: 'user', content: 'Hello, world' }] });
      expect([answer.status, answer.body]).toEqual([200, { input_tokens: 7 }]);
      const nobody = await request(world.url).post(`${base}/messages/count_tokens`).send({});
      expect([nobody.status, nobody.body]).toEqual([
        401,
        { type: 'error', error: { type: 'authentication_error', message: expect.any(String) } },
      ]);
    });
  });
});
