import { randomUUID } from 'node:crypto';
import type { LlamaGrammar } from 'node-llama-cpp';
import { forcedCallOf, grammarOf, readCall } from './calls.ts';
import type { Exchange } from './http/exchange.ts';
import type { Ended, Task } from './llama/generate.ts';
import type { LoadedModel } from './llama/loaded-model.ts';
import { promptOfChat, tokensOf } from './llama/prompt.ts';
import { type Chunks, chatChunks, chatOf, completionChunks, completionOf, type DrawnToken, type Marks, type Said } from './wire/answers.ts';
import { ChatRequest } from './wire/chat-request.ts';
import { read } from './wire/read.ts';
import { Refused } from './wire/refused.ts';
import { samplingOf } from './wire/sampling.ts';
import { CompletionRequest } from './wire/text-request.ts';

/** What is to be said, and in which shape. */
interface Order {
  readonly task: Task;
  readonly field: string;
  readonly isStreamed: boolean;
  readonly withUsage: boolean;
  readonly marks: Marks;
  readonly whole: (said: Said) => object;
  readonly chunks: Chunks;
  /** The functions of which one must be called; then the text is the call. */
  readonly forced: readonly string[];
}

const marksOf = (prefix: string, model: string): Marks => ({
  id: `${prefix}-${randomUUID().replaceAll('-', '')}`,
  created: Math.floor(Date.now() / 1_000),
  model,
});

export const assertModel = ({ open }: LoadedModel, name: string): void => {
  if (name === open.name) return;
  const message = `The model '${name}' is not here: this engine serves '${open.name}'.`;
  throw new Refused({ status: 404, type: 'invalid_request_error', message, param: 'model', code: 'model_not_found' });
};

const chatOrder = async (model: LoadedModel, body: unknown): Promise<Order> => {
  const request = read(ChatRequest, body);
  assertModel(model, request.model);
  const tools = (request.tools ?? []).map((tool) => tool.function);
  const forced = forcedCallOf(tools, request.tool_choice ?? undefined);
  const grammar: LlamaGrammar | undefined = await grammarOf(model.open, forced, request.response_format ?? undefined);
  const prompt = promptOfChat(model.open, request.messages, request.tool_choice === 'none' ? [] : tools);
  const withUsage = request.stream_options?.include_usage === true;
  const marks = marksOf('chatcmpl', model.open.name);
  return {
    task: {
      prompt,
      sampling: samplingOf({ ...request, max_tokens: request.max_completion_tokens ?? request.max_tokens }),
      grammar,
      alternatives: request.logprobs ? (request.top_logprobs ?? 0) : undefined,
    },
    field: 'messages',
    isStreamed: request.stream,
    withUsage,
    marks,
    whole: (said) => chatOf(marks, said),
    chunks: chatChunks(marks, withUsage),
    forced: forced.map(({ name }) => name),
  };
};

const completionOrder = (model: LoadedModel, body: unknown): Order => {
  const request = read(CompletionRequest, body);
  assertModel(model, request.model);
  const withUsage = request.stream_options?.include_usage === true;
  const marks = marksOf('cmpl', model.open.name);
  return {
    // As OpenAI has it: who says nothing of the length of a completion gets a short one.
    task: {
      prompt: tokensOf(model.open, request.prompt, { field: 'prompt', raw: true }),
      sampling: samplingOf({ ...request, max_tokens: request.max_tokens ?? 16 }),
    },
    field: 'prompt',
    isStreamed: request.stream,
    withUsage,
    marks,
    whole: (said) => completionOf(marks, said),
    chunks: completionChunks(marks, withUsage),
    forced: [],
  };
};

const answerWhole = async (model: LoadedModel, order: Order, { signal, answer }: Exchange): Promise<Ended> => {
  const texts: string[] = [];
  const drawn: DrawnToken[] = [];
  const ended = await model.answer(order.task, {
    field: order.field,
    signal,
    begun: () => undefined,
    tell: (piece) => {
      texts.push(piece.text);
      drawn.push(...piece.drawn);
    },
  });
  const text = texts.join('');
  const call = order.forced.length > 0 ? readCall(text, order.forced) : undefined;
  const finish = call && ended.finish === 'stop' ? 'tool_calls' : ended.finish;
  answer(200, order.whole({ ...ended, text, call, finish, drawn: order.task.alternatives === undefined ? undefined : drawn }));
  return ended;
};

/** A call is told when it is whole: before, nobody could do anything with it. */
const answerStreamed = async (model: LoadedModel, order: Order, { signal, events }: Exchange): Promise<Ended> => {
  const { chunks, forced } = order;
  const withLogprobs = order.task.alternatives !== undefined;
  let isOpen = false;
  const open = async (): Promise<void> => {
    if (isOpen) return;
    isOpen = true;
    await events.send(...chunks.opening());
  };
  const texts: string[] = [];
  const ended = await model.answer(order.task, {
    field: order.field,
    signal,
    begun: () => events.begin(),
    tell: async ({ text, drawn }) => {
      await open();
      if (forced.length > 0) texts.push(text);
      else await events.send(chunks.piece(text, withLogprobs ? drawn : undefined));
    },
  });
  await open();
  if (forced.length > 0) await events.send(...chunks.call(readCall(texts.join(''), forced)));
  await events.send(chunks.closing(forced.length > 0 && ended.finish === 'stop' ? 'tool_calls' : ended.finish));
  if (order.withUsage) await events.send(chunks.usage(ended.usage));
  await events.end();
  return ended;
};

const carryOut = (model: LoadedModel, order: Order, exchange: Exchange): Promise<Ended> =>
  order.isStreamed ? answerStreamed(model, order, exchange) : answerWhole(model, order, exchange);

/** POST /v1/chat/completions. */
export const answerChat = async (model: LoadedModel, body: unknown, exchange: Exchange): Promise<Ended> =>
  carryOut(model, await chatOrder(model, body), exchange);

/** POST /v1/completions. */
export const answerCompletion = (model: LoadedModel, body: unknown, exchange: Exchange): Promise<Ended> =>
  carryOut(model, completionOrder(model, body), exchange);
