import { completes, refuses, resets } from '@orrery/testing';
import { type ModelWorld, model, startServingWorld } from './fixtures/models.ts';
import { otherUpstream } from './fixtures/other-upstreams.ts';
import { refusing } from './fixtures/refusing-admission.ts';
import { messageAddsByTool } from './fixtures/scripted-models.ts';

describe("Lyceum's one question to a model", () => {
  let models: ModelWorld;
  let claude: string;

  const send = (body: unknown, { path = '/sync/', key = models.key, type = 'application/json' } = {}) =>
    fetch(`${models.url}/api/v2/external${path}`, {
      method: 'POST',
      headers: { 'content-type': type, ...(key === '' ? {} : { authorization: `Bearer ${key}` }) },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const ask = async (more: object = {}, options: Parameters<typeof send>[1] = {}) => {
    const response = await send({ model_id: model, input: { text: 'Hello' }, ...more }, options);
    return { response, status: response.status, body: await response.json() };
  };

  beforeAll(async () => {
    models = await startServingWorld(1, { admission: refusing });
    claude = await otherUpstream(models, 'claude', { kind: 'anthropic' });
  }, 60_000);
  afterAll(() => models?.stop(), 30_000);
  beforeEach(() => {
    models.server.visits.length = 0;
    models.server.always(completes());
  });
  afterEach(() => models.isAtRest());

  it.each(['/sync/', '/sync'])('is answered at %s, with what it cost to the nano-unit', async (path) => {
    const { response, status, body } = await ask({ max_tokens: 9 }, { path });
    expect([status, body]).toEqual([
      200,
      {
        model_id: model,
        output: 'Hello, world!',
        usage: {
          prompt_tokens: 11,
          completion_tokens: 4,
          total_tokens: 15,
          prompt_tokens_details: { cached_tokens: 0 },
          completion_tokens_details: { reasoning_tokens: 0 },
        },
        latency_ms: expect.any(Number),
        // 11 × 1,009 + 4 × 4,001 + 7 nano-units.
        cost: 0.00002711,
      },
    ]);
    expect(response.headers.get('x-orrery-cost')).toBe('27110 EUR');
    expect((await models.recordOf(response)).cost).toBe('27110');
    expect(models.server.visits[0]?.body).toEqual({ model: 'served-llama', max_tokens: 9, messages: [{ role: 'user', content: 'Hello' }] });
  });

  it('shows what the model server answered where that is wished', async () => {
    const { body } = await ask({ raw_output: true });
    expect(body).toMatchObject({
      raw_response: { object: 'chat.completion', choices: [{ message: { content: 'Hello, world!' } }] },
    });
  });

  it('is answered by an upstream of another protocol too', async () => {
    models.server.always(messageAddsByTool);
    expect(await ask({ model_id: claude, input: { text: '5' } })).toMatchObject({ status: 200, body: { output: 'It is 5.' } });
  });

  it.each<[string, unknown, readonly (string | number)[]]>([
    ['no model', { input: { text: 'Hi' } }, ['body', 'model_id']],
    ['a model that is no name', { model_id: 7, input: { text: 'Hi' } }, ['body', 'model_id']],
    ['no input', { model_id: model }, ['body', 'input']],
    ['an input without text', { model_id: model, input: {} }, ['body', 'input', 'text']],
    ['a stream', { model_id: model, input: { text: 'Hi' }, stream: true }, ['body', 'stream']],
    ['what is no JSON', '{', ['body']],
  ])('is refused with %s', async (_, body, loc) => {
    const response = await send(body);
    expect([response.status, await response.json()]).toMatchObject([
      422,
      { detail: [{ loc, msg: expect.any(String), type: expect.any(String) }] },
    ]);
    expect(models.server.visits).toEqual([]);
  });

  it.each([
    ['acme/off', 503],
    ['acme/none', 404],
    ['acme/dear', 402],
    ['acme/busy', 429],
    ['acme/others', 403],
  ])('is refused for %s with %i, as a sentence', async (named, status) => {
    const refused = await ask({ model_id: named });
    expect([refused.status, refused.body]).toEqual([status, { detail: expect.stringMatching(/^\w.*\.$/) }]);
  });

  it('is refused to nobody, and in what is no JSON by its type', async () => {
    for (const key of ['', 'lk_none']) expect(await ask({}, { key })).toMatchObject({ status: 401, body: { detail: expect.any(String) } });
    expect(await ask({}, { type: 'text/plain' })).toMatchObject({ status: 415, body: { detail: expect.any(String) } });
  });

  it('costs nothing where the model server fails', async () => {
    const before = await models.money();
    models.server.next(resets);
    expect(await ask()).toMatchObject({ status: 502, body: { detail: expect.any(String) } });
    models.server.next(refuses(400, { message: 'too long' }));
    expect(await ask()).toMatchObject({ status: 400, body: { detail: 'too long' } });
    await models.isAtRest();
    expect((await models.money()).settled).toBe(before.settled);
  });
});
