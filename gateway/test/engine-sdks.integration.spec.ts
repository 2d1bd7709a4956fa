import Anthropic from '@anthropic-ai/sdk';
import { type Engine, startEngine } from '@orrery/testing';
import OpenAI from 'openai';
import { type ModelWorld, startServingWorld } from './fixtures/models.ts';
import { otherUpstream } from './fixtures/other-upstreams.ts';

const hello = [{ role: 'user' as const, content: 'Hello' }];
const answer = 'Hello! How can I help you today?';

describe('A real model', () => {
  let models: ModelWorld;
  let engine: Engine;
  let model: string;

  beforeAll(async () => {
    [models, engine] = await Promise.all([startServingWorld(), startEngine({ ORRERY_ENGINE_NAME: 'served-engine' })]);
    model = await otherUpstream(models, 'engine', { kind: 'embedded', baseUrl: engine.baseUrl });
  }, 120_000);
  afterAll(async () => {
    await models?.stop();
    await engine?.stop();
  }, 30_000);
  afterEach(() => models.isAtRest());

  it("answers clients of OpenAI's SDK, in chat and in responses, whole and streamed", async () => {
    const openai = new OpenAI({ apiKey: models.key, baseURL: `${models.url}/v1`, maxRetries: 0 });
    const chat = await openai.chat.completions.create({ model, messages: hello, temperature: 0 });
    expect(chat.choices[0]?.message.content).toBe(answer);
    const whole = await openai.responses.create({ model, input: 'Hello', temperature: 0 });
    expect(whole.output_text).toBe(answer);
    const streamed = await openai.responses.stream({ model, input: 'Hello', temperature: 0 }).finalResponse();
    expect(streamed.output_text).toBe(answer);
    expect(streamed.usage).toEqual(whole.usage);
    expect(streamed.usage?.output_tokens).toBe(chat.usage?.completion_tokens);
  });

  it("answers clients of Anthropic's SDK, whole and streamed", async () => {
    const anthropic = new Anthropic({ apiKey: models.key, baseURL: models.url, maxRetries: 0 });
    const asked = { model, max_tokens: 50, messages: hello };
    const whole = await anthropic.messages.create(asked);
    expect(whole.content).toMatchObject([{ type: 'text', text: expect.stringMatching(/\w/) }]);
    const { data: stream, response } = await anthropic.messages.stream(asked).withResponse();
    const message = await stream.finalMessage();
    const record = await models.recordOf(response);
    expect(record).toMatchObject({ upstream: 'engine', isEstimated: false, outcome: 'finished' });
    // To these clients what the engine had read before is counted beside what it had not.
    const { input_tokens: fresh, cache_read_input_tokens: cached, output_tokens: output } = message.usage;
    expect(record).toMatchObject({ input: fresh + (cached ?? 0), cached, output });
  });
});
