import { decimalOf } from '@orrery/contracts';
import { limitName } from './chat/fields.ts';
import { spokenIn } from './chat/spoken.ts';
import { cannot, isMembers, type Members } from './members.ts';
import type { Asked, Translation } from './shape.ts';
import { chatUsage, countedIn } from './usage.ts';

/** What stands beside the input, and is heeded there: it decides over money, or over what kind of answer comes. */
const besideInput = new Set(['model', 'messages', 'stream', 'stream_options', 'n', 'best_of', 'max_tokens', 'max_completion_tokens']);

const parametersIn = (given: unknown): Members => {
  if (given === undefined || given === null) return {};
  const path = ['input', 'parameters'];
  if (!isMembers(given)) throw cannot(path, 'must be an object', 'send an object, or leave it out');
  const misplaced = Object.keys(given).find((name) => besideInput.has(name));
  if (misplaced !== undefined) throw cannot([...path, misplaced], 'has no place here', 'say it beside input, where there is such a field');
  return given;
};

const contentOf = ({ text, image_url: image }: Members): unknown => {
  if (typeof text !== 'string') throw cannot(['input', 'text'], 'must be a text', 'send what the model is asked, a text');
  if (image === undefined || image === null) {
    if (text.trim() === '') throw cannot(['input', 'text'], 'must not be empty', 'send what the model is asked');
    return text;
  }
  if (typeof image !== 'string') throw cannot(['input', 'image_url'], 'must be a text', 'send the address of a picture, or a data URL');
  return [
    { type: 'text', text },
    { type: 'image_url', image_url: { url: image } },
  ];
};

const numbers = ['temperature', 'top_p'] as const;

const requestOf = ({ body, model, maxOutput }: Asked): Members => {
  const { input, stream, max_tokens: limit } = body;
  if (stream === true) throw cannot(['stream'], 'is not known here: answers come whole', 'leave it out, or use /chat/completions');
  if (!isMembers(input)) throw cannot(['input'], 'must be an object', 'send an object with a text in it');
  if (limit !== undefined && limit !== null && !(Number.isSafeInteger(limit) && Number(limit) > 0)) {
    throw cannot(['max_tokens'], 'must be a whole number above 0', 'send a whole number, or leave it out');
  }
  const said = numbers.flatMap((name) => {
    const value = body[name];
    if (value === undefined || value === null) return [];
    if (typeof value !== 'number') throw cannot([name], 'must be a number', 'send a number, or leave it out');
    return [[name, value] as const];
  });
  return {
    ...parametersIn(input['parameters']),
    ...Object.fromEntries(said),
    model,
    messages: [{ role: 'user', content: contentOf(input) }],
    [limitName(model)]: limit ?? maxOutput,
  };
};

/** Lyceum's one question to a model, at an upstream that speaks Chat Completions. No stream ever comes of it. */
export const lyceumOverChat: Translation = {
  request: requestOf,
  answer: (body, { body: asked, named, cameTo }) => {
    const { cost, ms } = cameTo();
    return {
      model_id: named,
      output: spokenIn(body),
      usage: chatUsage(countedIn(body['usage'])),
      latency_ms: ms,
      cost: Number(decimalOf(cost)),
      ...(asked['raw_output'] === true ? { raw_response: body } : {}),
    };
  },
  stream: () => ({ next: () => [], end: () => [], fail: () => [] }),
};
