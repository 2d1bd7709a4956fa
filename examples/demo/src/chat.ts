import { decimalOf } from '@orrery/contracts';
import OpenAI from 'openai';
import { CallFailed } from './api.ts';
import type { Customer, Demo } from './demo.ts';
import * as schemas from './schemas.ts';
import { screen } from './screen.ts';
import { balanceOf } from './steps.ts';
import { until } from './until.ts';

const question = 'Tell me a story';
const callMs = 30_000;

/** What anybody may see who has no account yet. */
const discover = async ({ api }: Demo): Promise<string | undefined> => {
  const { value } = await api.call(schemas.PublicCatalog, { path: '/api/public/catalog?is_live=true&task=chat' });
  const [model] = value.data.models;
  if (!model) return undefined;
  const prices = model.pricing.prices.map(({ meter, unit, unit_price: price }) => `${meter} ${price} a ${unit}`);
  screen.line(`in the public catalog: ${model.name}, ${model.description}`);
  screen.line(`priced in ${model.pricing.currency}: ${prices.join(', ')}`);
  return model.name;
};

/** As everybody talks to models: with the SDK of OpenAI, whose base URL is all that changes. Answers what the model says that it counted. */
const talk = async (demo: Demo, customer: Customer, model: string): Promise<OpenAI.CompletionUsage> => {
  const openai = new OpenAI({ apiKey: customer.key, baseURL: `${demo.config.url}/v1`, timeout: callMs });
  const sent = Date.now();
  let first: number | undefined;
  let usage: OpenAI.CompletionUsage | undefined;
  const messages = [{ role: 'user' as const, content: question }];
  const stream = await openai.chat.completions.create({
    model,
    messages,
    temperature: 0,
    stream: true,
    stream_options: { include_usage: true },
  });
  screen.line(`asked it "${question}"; its answer, as it comes:`);
  for await (const chunk of stream) {
    const text = chunk.choices[0]?.delta.content ?? '';
    if (text !== '') first ??= Date.now() - sent;
    screen.output(text.endsWith('.') ? `${text}\n` : text);
    usage = chunk.usage ?? usage;
  }
  screen.output('\n');
  if (!usage) throw new CallFailed('the stream ended without saying what was used');
  screen.line(`first word after ${first} ms; ${usage.prompt_tokens} tokens in, ${usage.completion_tokens} out`);
  return usage;
};

/** The line of the bill, which must be of these tokens, and what the balance fell by, which must be the line. */
const billed = async (demo: Demo, customer: Customer, usage: OpenAI.CompletionUsage, before: bigint): Promise<void> => {
  const line = await until('the answer on the bill', async () => {
    const { value } = await demo.api.call(schemas.InferenceUsage, { path: '/orrery/v1/usage/inference', token: customer.key });
    return value.items[0];
  });
  if (line.output !== usage.completion_tokens || line.requests !== 1)
    throw new CallFailed(`the bill has ${line.requests} requests and ${line.output} tokens out, the model said ${usage.completion_tokens}`);
  const cost = BigInt(line.cost);
  const after = await balanceOf(demo, customer);
  if (before - after !== cost) throw new CallFailed(`the balance fell by ${decimalOf(before - after)} instead of ${decimalOf(cost)}`);
  screen.line(
    `on the bill: ${line.model}, 1 request, ${line.input} tokens in, ${line.output} out, price book ${line.priceVersion}: ${line.cost} nano`,
  );
  screen.done(`the balance fell by exactly ${decimalOf(cost)}`);
};

/** An engine that served a model once may not start now, on another machine or without its package; the rest of the demo goes on. */
const unlessServed = (error: unknown): undefined => {
  if (error instanceof OpenAI.APIError && (error.status === 502 || error.status === 503)) return undefined;
  throw error;
};

/** Find a model, talk to it, see what it cost. */
export const chatWithModel = async (demo: Demo, customer: Customer): Promise<void> => {
  const model = await discover(demo);
  if (!model) return screen.done('no model is served here: no engine runs on this machine');
  const before = await balanceOf(demo, customer);
  const usage = await talk(demo, customer, model).catch(unlessServed);
  if (!usage)
    return screen.done(
      `${model} is in the catalog, and its model server cannot be reached: an engine served it here before and does not now. The note above says why`,
    );
  await billed(demo, customer, usage, before);
};
