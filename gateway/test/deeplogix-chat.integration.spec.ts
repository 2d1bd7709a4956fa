import { completes, refuses, resets } from '@orrery/testing';
import { refusal } from '../src/failure.ts';
import { admission, type ModelWorld, startServingWorld } from './fixtures/models.ts';
import { otherUpstream } from './fixtures/other-upstreams.ts';
import { messageAddsByTool } from './fixtures/scripted-models.ts';

const id = '0190f3a2-7c4e-7d10-9a8b-4f2d6c1e0a01';
const offline = '0190f3a2-7c4e-7d10-9a8b-4f2d6c1e0a02';
const unknown = '0190f3a2-7c4e-7d10-9a8b-4f2d6c1e0a03';

const refused = (code: string, status: number) => ({ refused: refusal({ refusals: { [code]: status } }, { code, details: {} }) });

const byId: typeof admission = {
  offer: (caller, named) => {
    if (named === offline) return refused('ModelOffline', 404);
    if (named === unknown) return refused('ModelNotFound', 404);
    return admission.offer(caller, named);
  },
};

describe('The chat of the Deeplogix API', () => {
  let models: ModelWorld;
  let claude: string;

  const chat = async (body: unknown, { named = id, key = models.key }: { named?: string; key?: string | undefined } = {}) => {
    const response = await fetch(`${models.url}/api/model/${named}/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key === '' ? {} : { authorization: `Bearer ${key}` }) },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  };

  beforeAll(async () => {
    models = await startServingWorld(1, { admission: byId });
    claude = await otherUpstream(models, 'claude', { kind: 'anthropic' });
  }, 60_000);
  afterAll(() => models?.stop(), 30_000);
  beforeEach(() => {
    models.server.visits.length = 0;
    models.server.always(completes());
  });
  afterEach(() => models.isAtRest());

  it('answers one message with one', async () => {
    expect(await chat({ message: 'Hello' })).toEqual({
      status: 200,
      body: {
        ok: true,
        data: {
          response: 'Hello, world!',
          model_id: id,
          usage: {
            prompt_tokens: 11,
            completion_tokens: 4,
            total_tokens: 15,
            prompt_tokens_details: { cached_tokens: 0 },
            completion_tokens_details: { reasoning_tokens: 0 },
          },
        },
      },
    });
    expect(models.server.visits[0]?.body).toMatchObject({ model: 'served-llama', messages: [{ role: 'user', content: 'Hello' }] });
  });

  it('answers from an upstream of another protocol too', async () => {
    models.server.always(messageAddsByTool);
    expect(await chat({ message: '5' }, { named: encodeURIComponent(claude) })).toMatchObject({
      status: 200,
      body: { ok: true, data: { response: 'It is 5.' } },
    });
  });

  it.each<[string, unknown, string, number]>([
    ['no message', {}, 'E_MESSAGE-BAD_REQUEST', 400],
    ['a message that is no text', { message: 7 }, 'E_MESSAGE-BAD_REQUEST', 400],
    ['what is no JSON', '{', 'E_BODY-BAD_REQUEST', 400],
  ])('refuses %s', async (_, body, error, status) => {
    expect(await chat(body)).toEqual({ status, body: { ok: false, error, message: expect.any(String), status } });
    expect(models.server.visits).toEqual([]);
  });

  it.each<[string, string, string, number]>([
    ['is not there', unknown, 'E_MODEL-NOT_FOUND', 404],
    ['is not live', offline, 'E_MODEL-BAD_REQUEST', 400],
  ])('refuses a model that %s', async (_, named, error, status) => {
    expect(await chat({ message: 'Hello' }, { named })).toEqual({
      status,
      body: { ok: false, error, message: expect.any(String), status },
    });
  });

  it('needs a key', async () => {
    for (const key of ['', 'lk_none']) {
      expect(await chat({ message: 'Hello' }, { key })).toMatchObject({
        status: 401,
        body: { ok: false, error: 'Unauthorized', status: 401 },
      });
    }
  });

  it('says so where the model server fails, and charges nothing', async () => {
    const before = await models.money();
    models.server.next(resets);
    expect(await chat({ message: 'Hello' })).toMatchObject({ status: 502, body: { ok: false, error: 'Bad Gateway', status: 502 } });
    models.server.next(refuses(400, { message: 'too long' }));
    expect(await chat({ message: 'Hello' })).toMatchObject({ status: 400, body: { error: 'E_MESSAGE-BAD_REQUEST', message: 'too long' } });
    await models.isAtRest();
    expect((await models.money()).settled).toBe(before.settled);
  });
});
