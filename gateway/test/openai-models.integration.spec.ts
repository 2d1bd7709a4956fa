import request from 'supertest';
import { openai } from '../src/dialects/openai/index.ts';
import { Models } from '../src/inference/admission/models.ts';
import { publishedModel, publishModels } from './fixtures/published-models.ts';
import { type Person, startWorld, type World } from './fixtures/world.ts';

const bases = ['/v1', '/openai/v1', '/api/v2/external/serverless'] as const;

const source = { from: 'huggingface', reference: 'org/weights' } as const;
const chat = publishedModel('orrery/chat', { source, aliases: ['chat'] });
const off = publishedModel('orrery/off', { isLive: false });
const other = publishedModel('orrery/other', { source });

const plain = { id: 'orrery/chat', object: 'model', created: 1_767_323_045, owned_by: 'orrery' };
const shared = { ...plain, root: 'org/weights', parent: null, permission: [] };
/** LMStack's clients read it in `detail`. */
const inDetail = { detail: { error: { message: 'Model not found.', type: 'invalid_request_error' } } };
const missing = { error: { message: 'Model not found.', type: 'invalid_request_error', param: 'model', code: 'model_not_found' } };

describe('The models of the OpenAI-compatible API', () => {
  let world: World;
  let owner: Person;
  let key: string;
  let narrow: string;

  beforeAll(async () => {
    world = await startWorld();
    owner = await world.person();
    key = await world.apiKey(owner);
    narrow = await world.apiKey(owner, { models: ['orrery/chat', 'orrery/off'] });
  }, 30_000);
  afterAll(() => world?.stop());
  beforeEach(() => publishModels(world, [chat, off]));

  const get = (path: string, token = key) => request(world.url).get(path).auth(token, { type: 'bearer' });

  it.each(bases)('at %s are those that can be called now', async (base) => {
    const { status, body } = await get(`${base}/models`);
    const data = [base === '/v1' ? shared : plain];
    // Below /v1 clients of NeoSpace read a page, and those of LMStack what a model comes from.
    expect([status, body]).toEqual([200, { object: 'list', data, ...(base === '/v1' ? { count: 1, has_more: false } : {}) }]);
  });

  it.each(bases)('at %s are found one by one, the slash of a name written either way', async (base) => {
    for (const ref of ['orrery%2Fchat', 'orrery/chat', 'chat', 'ORRERY%2FCHAT']) {
      const { status, body } = await get(`${base}/models/${ref}`);
      expect([status, body]).toEqual([200, base === '/v1' ? shared : plain]);
    }
  });

  it.each(bases)('at %s are not there where nobody serves them, or nobody knows them', async (base) => {
    for (const ref of ['orrery%2Foff', 'orrery/off', 'no-such', 'orrery/no-such', '%20']) {
      const { status, body } = await get(`${base}/models/${ref}`);
      expect([status, body]).toEqual([404, base === '/v1' ? { ...missing, ...inDetail } : missing]);
    }
  });

  it('are, for a key that may call some models alone, those', async () => {
    await publishModels(world, [other, chat, off]);
    expect((await get('/openai/v1/models')).body.data.map(({ id }: { id: string }) => id)).toEqual(['orrery/chat', 'orrery/other']);
    const { body } = await get('/openai/v1/models', narrow);
    expect(body.data).toEqual([plain]);
    expect((await get('/openai/v1/models/orrery%2Fchat', narrow)).status).toBe(200);
    expect((await get('/openai/v1/models/orrery%2Fother')).status).toBe(200);
    const { status, body: refused } = await get('/openai/v1/models/orrery%2Fother', narrow);
    expect([status, refused]).toEqual([404, missing]);
  });

  it('are for nobody without a key, said as each client reads it', async () => {
    for (const base of bases) {
      const { status, body } = await request(world.url).get(`${base}/models`);
      expect([status, body]).toEqual([
        401,
        {
          error: { message: expect.any(String), type: 'authentication_error', param: null, code: 'invalid_api_key' },
          // LMStack's clients read it there.
          ...(base === '/v1' ? { detail: { error: { message: expect.any(String), type: 'authentication_error' } } } : {}),
        },
      ]);
    }
    const theirs = await request(world.url).get('/v1/models').set('x-neo-api-key', 'nonsense');
    expect([theirs.status, theirs.body]).toEqual([401, { error: expect.any(String) }]);
  });

  it('at /v1 are shown to a key in the header of its own that NeoSpace knows, and to no such key elsewhere', async () => {
    const { body } = await request(world.url).get('/v1/models').set('x-neo-api-key', key);
    expect(body).toMatchObject({ count: 1, data: [shared], has_more: false });
    const lost = await request(world.url).get('/v1/models/no-such').set('x-neo-api-key', key);
    expect([lost.status, lost.body]).toEqual([404, { error: 'Model not found.' }]);
    expect((await request(world.url).get('/openai/v1/models').set('x-neo-api-key', key)).status).toBe(401);
  });

  it('are told by no other path, in the words of this API', async () => {
    const nowhere = await get('/openai/v1/nothing');
    expect([nowhere.status, nowhere.body.error.code]).toEqual([404, 'route_not_found']);
    const wrong = await request(world.url).post('/openai/v1/models').auth(key, { type: 'bearer' });
    expect([wrong.status, wrong.body.error.code]).toEqual([405, 'method_not_allowed']);
  });

  it('are all the rows there are', () => {
    const rows = openai(new Models())
      .routes.filter(({ kind }) => kind === 'answer')
      .map(({ method, path }) => `${method} ${path}`);
    expect(rows).toEqual(bases.flatMap((base) => ['', '/{model}', '/{provider}/{name}'].map((path) => `GET ${base}/models${path}`)));
  });

  it('are told, and found, while the catalog and the bus are away', async () => {
    await world.running.get('catalog')?.stop();
    await world.nats.stop();
    const began = Date.now();
    const listed = await get('/openai/v1/models');
    expect([listed.status, listed.body]).toEqual([200, { object: 'list', data: [plain] }]);
    expect((await get('/openai/v1/models/orrery%2Fchat')).body).toEqual(plain);
    expect((await get('/openai/v1/models/orrery%2Fnone')).status).toBe(404);
    expect(Date.now() - began).toBeLessThan(4_000);
  });
});
