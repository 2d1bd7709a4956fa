import Anthropic from '@anthropic-ai/sdk';
import { completes, refuses, resetsAfter } from '@orrery/testing';
import { credential, type ModelWorld, model, startServingWorld } from './fixtures/models.ts';
import { otherUpstream } from './fixtures/other-upstreams.ts';
import { addsByTool, messageAddsByTool, says } from './fixtures/scripted-models.ts';

const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'What is 2 + 3?' }];
const tools: Anthropic.Tool[] = [
  { name: 'add', input_schema: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } } } },
];
const asked = { model, max_tokens: 50, messages };

describe("The clients of Anthropic's own SDK", () => {
  let models: ModelWorld;
  let claude: string;

  const client = (more: ConstructorParameters<typeof Anthropic>[0] = {}): Anthropic =>
    new Anthropic({ apiKey: models.key, baseURL: models.url, maxRetries: 0, ...more });

  beforeAll(async () => {
    models = await startServingWorld();
    claude = await otherUpstream(models, 'claude', { kind: 'anthropic' });
  }, 60_000);
  afterAll(() => models?.stop(), 30_000);
  beforeEach(() => {
    models.server.visits.length = 0;
    models.server.always(completes());
  });
  afterEach(() => models.isAtRest());

  it('get a message', async () => {
    const message = await client().messages.create({ ...asked, system: 'Be brief.', stop_sequences: ['END'] });
    expect(message).toMatchObject({ role: 'assistant', model, stop_reason: 'end_turn' });
    expect(message.content).toEqual([{ type: 'text', text: 'Hello, world!', citations: null }]);
    expect(message.usage).toMatchObject({ input_tokens: 11, output_tokens: 4 });
    expect(models.server.visits[0]).toMatchObject({
      path: '/v1/chat/completions',
      body: {
        model: 'served-llama',
        max_tokens: 50,
        stop: ['END'],
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'What is 2 + 3?' },
        ],
      },
    });
  });

  it.each(['/openai', '/api/v2/external/serverless'])('reach it below %s too', async (base) => {
    const response = await models.post({ max_tokens: 50 }, { path: `${base === '/openai' ? '/openai/v1' : base}/messages` });
    expect([response.status, await response.json()]).toMatchObject([200, { type: 'message' }]);
  });

  it('stream', async () => {
    models.server.always(says('Hello to all of you'));
    const { data: stream, response } = await client().messages.stream(asked).withResponse();
    const texts: string[] = [];
    stream.on('text', (text) => texts.push(text));
    const message = await stream.finalMessage();
    expect(texts).toEqual(['Hello ', 'to ', 'all ', 'of ', 'you']);
    expect(message).toMatchObject({ stop_reason: 'end_turn', usage: { input_tokens: 11, output_tokens: 4 } });
    expect(await models.recordOf(response)).toMatchObject({ input: 11, output: 4, isEstimated: false, isStreaming: true });
  });

  it.each(['openai', 'anthropic'] as const)('call tools of a model at an upstream of kind %s', async (kind) => {
    const here = { ...asked, model: kind === 'anthropic' ? claude : model };
    models.server.always(kind === 'anthropic' ? messageAddsByTool : addsByTool);
    const first = await client()
      .messages.stream({ ...here, tools })
      .finalMessage();
    expect(first).toMatchObject({ stop_reason: 'tool_use', content: [{ type: 'tool_use', name: 'add', input: { a: 2, b: 3 } }] });
    const whole = await client().messages.create({ ...here, tools });
    expect(whole.content).toMatchObject([{ type: 'tool_use', name: 'add', input: { a: 2, b: 3 } }]);
    const [call] = whole.content;
    if (call?.type !== 'tool_use') throw new Error('the model called a tool');
    const result: Anthropic.MessageParam = { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: '5' }] };
    const said = await client().messages.create({
      ...here,
      tools,
      messages: [...messages, { role: 'assistant', content: whole.content }, result],
    });
    expect(said.content).toMatchObject([{ type: 'text', text: 'It is 5.' }]);
  });

  it('reach an upstream that speaks as they do untouched but for the name of the model', async () => {
    models.server.always(messageAddsByTool);
    const cached: Anthropic.TextBlockParam[] = [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }];
    const body = { ...asked, model: claude, system: cached };
    const here = client({ defaultHeaders: { 'anthropic-beta': 'x-2026' } });
    const { data: message, response } = await here.messages.create(body).withResponse();
    expect(message).toMatchObject({ id: 'msg_up', usage: { input_tokens: 8, cache_read_input_tokens: 3, output_tokens: 4 } });
    const [visit] = models.server.visits;
    expect(visit?.path).toBe('/v1/messages');
    expect(JSON.parse(visit?.raw ?? '')).toEqual({ ...body, model: 'served-claude' });
    expect(visit?.headers).toMatchObject({ 'x-api-key': credential, 'anthropic-version': '2023-06-01', 'anthropic-beta': 'x-2026' });
    expect(visit?.headers['authorization']).toBeUndefined();
    expect(await models.recordOf(response)).toMatchObject({ input: 11, output: 4, cached: 3, isEstimated: false });
  });

  it('may send their key as a bearer', async () => {
    const message = await client({ apiKey: null, authToken: models.key }).messages.create(asked);
    expect(message.type).toBe('message');
  });

  it('are told what is wrong by errors of the class that it has', async () => {
    await expect(client({ apiKey: 'lk_none' }).messages.create(asked)).rejects.toThrow(Anthropic.AuthenticationError);
    models.server.next(refuses(400, { message: 'too long' }));
    const refused = client().messages.create(asked);
    await expect(refused).rejects.toThrow(Anthropic.BadRequestError);
    await expect(refused).rejects.toMatchObject({
      error: { type: 'error', error: { type: 'invalid_request_error', message: 'too long' } },
    });
    const searching = client().messages.create({ ...asked, tools: [{ type: 'web_search_20250305', name: 'web_search' }] });
    await expect(searching).rejects.toThrow(/tools\.0\.type must be custom/);
    models.server.next(refuses(500));
    await expect(client().messages.create(asked)).rejects.toThrow(Anthropic.InternalServerError);
  });

  it.each(['openai', 'anthropic'] as const)('see an error where a stream of an upstream of kind %s breaks off', async (kind) => {
    const here = { ...asked, model: kind === 'anthropic' ? claude : model };
    models.server.next(resetsAfter(['Hel']));
    await expect(client().messages.stream(here).finalMessage()).rejects.toThrow(Anthropic.APIError);
  });

  it('try again where that helps', async () => {
    models.server.next(refuses(503), refuses(500));
    expect((await client({ maxRetries: 2 }).messages.create(asked)).type).toBe('message');
    expect(models.server.visits).toHaveLength(3);
  });
});
