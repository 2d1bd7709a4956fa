import { eventually } from '@orrery/testing';
import request from 'supertest';
import { type Customer, type InferenceSystem, operatorKey, startInferenceSystem } from './fixtures/inference-system.ts';

const wished = { name: 'Qwen 2.5 small', model_id: 'Qwen/Qwen2.5-0.5B-Instruct' };

describe('Models that a client of LMStack looks after', () => {
  let system: InferenceSystem;
  let customer: Customer;

  beforeAll(async () => {
    system = await startInferenceSystem();
    customer = await system.customer();
  }, 120_000);
  afterAll(() => system?.stop(), 60_000);

  const as = (token: string) => (verb: 'get' | 'post' | 'patch' | 'delete', path: string, body?: object) =>
    request(system.url)[verb](`/api/models${path}`).auth(token, { type: 'bearer' }).send(body);
  const admin = as(operatorKey);

  const made = async (more: object): Promise<number> => {
    const { status, body } = await admin('post', '', { ...wished, ...more });
    expect([status, body]).toEqual([201, expect.anything()]);
    return body.id;
  };
  const ours = async (name: string) => (await system.asOperator('get', `/models/${encodeURIComponent(name)}`)).body;

  it('are taken into the catalog under the name that they are given, which here has a provider', async () => {
    const answer = await admin('post', '', {
      ...wished,
      description: 'Small',
      default_params: { max_tokens: 64 },
      docker_image: 'vllm/vllm:1',
    });
    expect([answer.status, answer.body]).toEqual([
      201,
      {
        id: expect.any(Number),
        ...wished,
        source: 'huggingface',
        description: 'Small',
        default_params: { max_tokens: 64 },
        docker_image: 'vllm/vllm:1',
        created_at: expect.stringMatching(/Z$/),
        updated_at: expect.stringMatching(/Z$/),
        deployment_count: 0,
      },
    ]);
    expect((await admin('get', `/${answer.body.id}`)).body).toEqual(answer.body);
    expect((await admin('get', '?source=huggingface')).body.items).toContainEqual(answer.body);
    expect(await ours('Qwen-2.5-small')).toMatchObject({ name: 'qwen/Qwen-2.5-small', provider: 'qwen', isLive: false });
  });

  it('change in what is said of them, keep their number, and are found by their new name alone', async () => {
    const id = await made({ name: 'before', source: 'ollama', model_id: 'llama3:8b', default_params: { top_k: 1 } });
    const answer = await admin('patch', `/${id}`, { name: 'after', description: 'Renamed', docker_image: 'ollama/ollama' });
    expect([answer.status, answer.body]).toMatchObject([
      200,
      {
        id,
        name: 'after',
        model_id: 'llama3:8b',
        source: 'ollama',
        description: 'Renamed',
        default_params: { top_k: 1 },
        docker_image: 'ollama/ollama',
      },
    ]);
    expect(await ours('after')).toMatchObject({ name: 'ollama/before', aliases: ['after'] });
    expect((await ours('before')).status).toBe(404);
    const { body } = await admin('patch', `/${id}`, { default_params: null, docker_image: null, model_id: 'llama3:70b' });
    expect(body).toMatchObject({ name: 'after', model_id: 'llama3:70b', description: 'Renamed', default_params: null, docker_image: null });
  });

  it('are gone when they are deleted, and their name is free', async () => {
    const id = await made({ name: 'twice' });
    const gone = await admin('delete', `/${id}`);
    expect([gone.status, gone.text]).toEqual([204, '']);
    for (const verb of ['get', 'patch', 'delete'] as const) {
      const { status, body } = await admin(verb, `/${id}`, verb === 'patch' ? {} : undefined);
      expect([verb, status, body]).toEqual([verb, 404, { detail: 'Model not found.' }]);
    }
    expect(await made({ name: 'twice' })).not.toBe(id);
  });

  it('do not take a name that another one has', async () => {
    await made({ name: 'taken' });
    const id = await made({ name: 'free-still' });
    for (const answer of [await admin('post', '', { ...wished, name: 'Taken' }), await admin('patch', `/${id}`, { name: 'taken' })]) {
      expect([answer.status, answer.body]).toEqual([400, { detail: expect.stringContaining('already: choose another name.') }]);
    }
  });

  it.each([
    [{ model_id: 'a/b' }, ['body', 'name'], 'missing'],
    [{ name: 'x' }, ['body', 'model_id'], 'missing'],
    [{ name: '', model_id: 'a/b' }, ['body', 'name'], 'string_too_short'],
    [{ name: 'x'.repeat(256), model_id: 'a/b' }, ['body', 'name'], 'string_too_long'],
    [{ name: 'x', model_id: 'a/b', source: 'elsewhere' }, ['body', 'source'], 'enum'],
    [{ name: 'x', model_id: 'a/b', default_params: 'none' }, ['body', 'default_params'], 'dict_type'],
    [{ name: '0190f3a2-7c4e-7d10-9a8b-4f2d6c1e0a01', model_id: 'a/b' }, ['body', 'name', 0], 'value_error'],
  ])('are not made of %j', async (body, loc, type) => {
    const answer = await admin('post', '', body);
    expect([answer.status, answer.body]).toMatchObject([422, { detail: [{ loc, type }] }]);
  });

  it("are looked after by administrators alone: the catalog is the whole installation's", async () => {
    const id = await made({ name: 'guarded' });
    const key = as(await customer.key());
    await eventually(async () => expect((await key('get', `/${id}`)).status).toBe(200));
    for (const [verb, path, body] of [
      ['post', '', wished],
      ['patch', `/${id}`, {}],
      ['delete', `/${id}`, undefined],
    ] as const) {
      const forbidden = await key(verb, path, body);
      expect([verb, forbidden.status, forbidden.body]).toEqual([verb, 403, { detail: expect.any(String) }]);
      const nobody = await request(system.url)[verb](`/api/models${path}`).send(body);
      expect([verb, nobody.status, nobody.body]).toEqual([verb, 401, { detail: expect.any(String) }]);
    }
  });

  it('leave no provider behind where they are refused', async () => {
    await made({ name: 'taken by another' });
    const answer = await admin('post', '', { name: 'taken by another', model_id: 'newcomer/model' });
    expect(answer.status).toBe(400);
    const { items } = (await system.asOperator('get', '/providers?limit=100')).body;
    expect(items.map(({ provider }: { provider: string }) => provider)).not.toContain('newcomer');
  });
});
