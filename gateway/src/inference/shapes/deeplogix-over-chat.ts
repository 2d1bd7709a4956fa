import { limitName } from './chat/fields.ts';
import { spokenIn } from './chat/spoken.ts';
import { cannot, type Members } from './members.ts';
import type { Asked, Translation } from './shape.ts';
import { chatUsage, countedIn } from './usage.ts';

const requestOf = ({ body, model, maxOutput }: Asked): Members => {
  const { message, stream } = body;
  if (stream === true) throw cannot(['stream'], 'is not known here: answers come whole', 'leave it out');
  if (typeof message !== 'string') throw cannot(['message'], 'must be a text', 'send what the model is asked, a text');
  if (message.trim() === '') throw cannot(['message'], 'must not be empty', 'send what the model is asked');
  return { model, messages: [{ role: 'user', content: message }], [limitName(model)]: maxOutput };
};

/** Clients of Deeplogix's one question, at an upstream that speaks Chat Completions. No stream ever comes of it. */
export const deeplogixOverChat: Translation = {
  request: requestOf,
  answer: (body, { named }) => ({
    ok: true,
    data: { response: spokenIn(body), model_id: named, usage: chatUsage(countedIn(body['usage'])) },
  }),
  stream: () => ({ next: () => [], end: () => [], fail: () => [] }),
};
