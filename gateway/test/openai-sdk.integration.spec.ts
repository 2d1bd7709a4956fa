import { completes, eventually, ignores, refuses, resetsAfter, stallsAfter } from '@orrery/testing';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { type ModelWorld, model, startServingWorld } from './fixtures/models.ts';
import { otherUpstream } from './fixtures/other-upstreams.ts';
import { publishedModel, publishModels } from './fixtures/published-models.ts';
import { addsByTool, messageAddsByTool, says } from './fixtures/scripted-models.ts';

const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'What is 2 + 3?' }];
const tools: OpenAI.ChatCompletionFunctionTool[] = [
  {
    type: 'function',
    function: { name: 'add', parameters: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } } } },
  },
];

describe("The clients of OpenAI's own SDK", () => {
  let models: ModelWorld;
  let claude: string;
  let native: string;

  const client = (more: ConstructorParameters<typeof OpenAI>[0] = {}): OpenAI =>
    new OpenAI({ apiKey: models.key, baseURL: `${models.url}/v1`, maxRetries: 0, ...more });

  beforeAll(async () => {
    models = await startServingWorld();
    claude = await otherUpstream(models, 'claude', { kind: 'anthropic' });
    native = await otherUpstream(models, 'native', { alsoSpeaks: ['responses'] });
  }, 60_000);
  afterAll(() => models?.stop(), 30_000);
  beforeEach(() => {
    models.server.visits.length = 0;
    models.server.always(completes());
  });
  afterEach(() => models.isAtRest());

  describe.each(['/v1', '/openai/v1', '/api/v2/external/serverless'])('at %s', (base) => {
    const here = (): OpenAI => client({ baseURL: `${models.url}${base}` });

    it('chat', async () => {
      const completion = await here().chat.completions.create({ model, messages });
      expect(completion.choices[0]?.message.content).toBe('Hello, world!');
      expect(completion.usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 4 });
    });

    it('stream, and count what they streamed', async () => {
      const stream = await here().chat.completions.create({ model, messages, stream: true, stream_options: { include_usage: true } });
      const chunks: OpenAI.ChatCompletionChunk[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Hello, world!');
      expect(chunks.at(-1)?.usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 4 });
    });

    it('embed, complete and ask for responses', async () => {
      const embedded = await here().embeddings.create({ model, input: 'Hi', encoding_format: 'float' });
      expect(embedded.data[0]?.embedding).toEqual([0.5, -0.5]);
      expect((await here().completions.create({ model, prompt: 'Hi' })).choices[0]?.text).toBe('Hello, world!');
      expect((await here().responses.create({ model, input: 'Hi' })).output_text).toBe('Hello, world!');
    });
  });

  it('list models', async () => {
    await publishModels(models.world, [publishedModel(model)]);
    const names: string[] = [];
    for await (const { id } of client().models.list()) names.push(id);
    expect(names).toEqual([model]);
  });

  it.each(['openai', 'anthropic'] as const)('call tools of a model at an upstream of kind %s', async (kind) => {
    const asked = { model: kind === 'anthropic' ? claude : model, messages };
    models.server.always(kind === 'anthropic' ? messageAddsByTool : addsByTool);
    const runner = client().chat.completions.runTools({
      ...asked,
      stream: true,
      tools: [
        {
          type: 'function',
          function: {
            name: 'add',
            description: 'Adds.',
            parameters: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } } },
            parse: JSON.parse,
            function: ({ a, b }: { a: number; b: number }) => String(a + b),
          },
        },
      ],
    });
    await eventually(() => expect(models.server.visits.length).toBeGreaterThan(0));
    expect(await runner.finalContent()).toBe('It is 5.');
    const whole = await client().chat.completions.create({ ...asked, tools });
    expect(whole.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ type: 'function', function: { name: 'add', arguments: '{"a":2,"b":3}' } }] },
    });
    expect(whole.usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 4 });
  });

  it('get what a schema describes', async () => {
    const Sum = z.object({ sum: z.number() });
    models.server.always(says('{"sum": 5}'));
    const parsed = await client().chat.completions.parse({ model, messages, response_format: zodResponseFormat(Sum, 'sum') });
    expect(parsed.choices[0]?.message.parsed).toEqual({ sum: 5 });
    expect(models.server.visits[0]?.body['response_format']).toMatchObject({
      type: 'json_schema',
      json_schema: { name: 'sum', strict: true },
    });
  });

  it('are told what is wrong by errors of the class that it has', async () => {
    await expect(client({ apiKey: 'lk_none' }).chat.completions.create({ model, messages })).rejects.toThrow(OpenAI.AuthenticationError);
    models.server.next(refuses(400, { message: 'too long' }));
    const refused = client().chat.completions.create({ model, messages });
    await expect(refused).rejects.toThrow(OpenAI.BadRequestError);
    await expect(refused).rejects.toMatchObject({ status: 400, param: 'messages', code: 'no_way', message: '400 too long' });
    models.server.next(refuses(500));
    await expect(client().chat.completions.create({ model, messages })).rejects.toThrow(OpenAI.InternalServerError);
    models.server.next(refuses(401));
    await expect(client().chat.completions.create({ model, messages })).rejects.toMatchObject({ status: 502 });
    await expect(client().chat.completions.create({ model: 'nobody/knows-it', messages })).rejects.toMatchObject({ status: 503 });
  });

  it('try again where that helps', async () => {
    models.server.next(refuses(503), refuses(500));
    const completion = await client({ maxRetries: 2 }).chat.completions.create({ model, messages });
    expect(completion.choices[0]?.message.content).toBe('Hello, world!');
    expect(models.server.visits).toHaveLength(3);
  });

  it('see an error where a stream breaks off', async () => {
    models.server.next(resetsAfter(['Hel']));
    const stream = await client().chat.completions.create({ model, messages, stream: true });
    const read = async (): Promise<string> => {
      let text = '';
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
      return text;
    };
    await expect(read()).rejects.toThrow(OpenAI.APIError);
  });

  it('stop the model by leaving', async () => {
    models.server.next(stallsAfter(['Hel']));
    const stream = await client().chat.completions.create({ model, messages, stream: true });
    for await (const chunk of stream) {
      expect(chunk.choices[0]?.delta.content).toBe('Hel');
      stream.controller.abort();
    }
    await eventually(() => expect(models.server.answering).toBe(0));
  });

  it('wait no longer than they want to', async () => {
    models.server.next(ignores);
    // Which kind of them it is the SDK cannot see here: Jest's errors are not those of the runtime.
    await expect(client({ timeout: 300 }).chat.completions.create({ model, messages })).rejects.toThrow(OpenAI.APIConnectionError);
    await eventually(() => expect(models.server.answering).toBe(0));
  });

  describe('with the Responses API', () => {
    const add: OpenAI.Responses.FunctionTool = { type: 'function', name: 'add', parameters: { type: 'object' }, strict: false };

    it.each(['openai', 'anthropic'] as const)('stream a call of a tool and what comes of it, at an upstream of kind %s', async (kind) => {
      const called = kind === 'anthropic' ? claude : model;
      models.server.always(kind === 'anthropic' ? messageAddsByTool : addsByTool);
      const first = await client()
        .responses.stream({ model: called, input: 'What is 2 + 3?', tools: [add] })
        .finalResponse();
      const call = first.output.find(({ type }) => type === 'function_call');
      expect(call).toMatchObject({ name: 'add', arguments: '{"a":2,"b":3}', status: 'completed' });
      if (call?.type !== 'function_call') throw new Error('the model called a tool');
      const input: OpenAI.Responses.ResponseInput = [
        { role: 'user', content: 'What is 2 + 3?' },
        call,
        { type: 'function_call_output', call_id: call.call_id, output: '5' },
      ];
      const stream = client().responses.stream({ model: called, input, tools: [add] });
      const types: string[] = [];
      for await (const { type } of stream) types.push(type);
      expect(types).toEqual([
        'response.created',
        'response.in_progress',
        'response.output_item.added',
        'response.content_part.added',
        ...types.filter((type) => type === 'response.output_text.delta'),
        'response.output_text.done',
        'response.content_part.done',
        'response.output_item.done',
        'response.completed',
      ]);
      const last = await stream.finalResponse();
      expect(last.output_text).toBe('It is 5.');
      expect(last.usage).toMatchObject({ input_tokens: 11, output_tokens: 4, total_tokens: 15 });
    });

    it('are refused by name what is not kept here', async () => {
      const kept = client().responses.create({ model, input: 'Hi', store: true });
      await expect(kept).rejects.toMatchObject({ status: 400, param: 'store' });
      const continued = client().responses.create({ model, input: 'Hi', previous_response_id: 'resp_1' });
      await expect(continued).rejects.toMatchObject({ status: 400, param: 'previous_response_id' });
    });

    it('reach an upstream that speaks it as they are', async () => {
      models.server.next(({ response }) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ id: 'resp_up', object: 'response', output: [], usage: { input_tokens: 1, output_tokens: 2 } }));
      });
      expect((await client().responses.create({ model: native, input: 'Hi', store: true })).id).toBe('resp_up');
      expect(models.server.visits[0]).toMatchObject({ path: '/v1/responses', raw: '{"model":"served-native","input":"Hi","store":true}' });
    });
  });
});
