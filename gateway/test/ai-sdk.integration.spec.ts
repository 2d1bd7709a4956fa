import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { completes, refuses } from '@orrery/testing';
import { APICallError, embed, generateObject, generateText, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { type ModelWorld, model, startServingWorld } from './fixtures/models.ts';
import { addsByTool, says } from './fixtures/scripted-models.ts';

const prompt = 'What is 2 + 3?';
const add = tool({
  inputSchema: z.object({ a: z.number(), b: z.number() }),
  execute: async ({ a, b }) => a + b,
});

describe('The clients of the AI SDK', () => {
  let models: ModelWorld;

  const provider = () =>
    createOpenAICompatible({
      name: 'orrery',
      baseURL: `${models.url}/v1`,
      apiKey: models.key,
      includeUsage: true,
      supportsStructuredOutputs: true,
    });

  beforeAll(async () => {
    models = await startServingWorld();
  }, 60_000);
  afterAll(() => models?.stop(), 30_000);
  beforeEach(() => models.server.always(completes()));
  afterEach(() => models.isAtRest());

  it('generate a text', async () => {
    const { text, usage, finishReason } = await generateText({ model: provider()(model), prompt });
    expect([text, finishReason]).toEqual(['Hello, world!', 'stop']);
    expect(usage).toMatchObject({ inputTokens: 11, outputTokens: 4 });
  });

  it('stream a text', async () => {
    const { textStream, usage } = streamText({ model: provider()(model), prompt });
    const words: string[] = [];
    for await (const word of textStream) words.push(word);
    expect(words).toEqual(['Hello', ', ', 'world', '!']);
    expect(await usage).toMatchObject({ inputTokens: 11, outputTokens: 4 });
  });

  it('call tools until there is an answer, whole and streamed', async () => {
    models.server.always(addsByTool);
    const asked = { model: provider()(model), prompt, tools: { add }, stopWhen: stepCountIs(3) };
    const whole = await generateText(asked);
    expect([whole.text, whole.steps.length]).toEqual(['It is 5.', 2]);
    const streamed = streamText(asked);
    expect(await streamed.text).toBe('It is 5.');
    expect(await streamed.totalUsage).toMatchObject({ inputTokens: 22, outputTokens: 8 });
  });

  it('generate what a schema describes', async () => {
    models.server.always(says('{"sum": 5}'));
    const { object } = await generateObject({ model: provider()(model), prompt, schema: z.object({ sum: z.number() }) });
    expect(object).toEqual({ sum: 5 });
  });

  it('embed', async () => {
    const { embedding, usage } = await embed({ model: provider().embeddingModel(model), value: 'Hi' });
    expect([embedding, usage.tokens]).toEqual([[0.5, -0.5], 11]);
  });

  it('are told what is wrong', async () => {
    models.server.always(refuses(400, { message: 'too long' }));
    const refused = generateText({ model: provider()(model), prompt, maxRetries: 0 });
    await expect(refused).rejects.toThrow(APICallError);
    await expect(refused).rejects.toMatchObject({ statusCode: 400, message: 'too long' });
  });
});
