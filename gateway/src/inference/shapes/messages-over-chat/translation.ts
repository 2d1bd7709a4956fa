import type { Translation } from '../shape.ts';
import { answerOf } from './answer.ts';
import { requestOf } from './request.ts';
import { MessageEvents } from './stream.ts';

/** Clients of the Messages API at an upstream that speaks Chat Completions. */
export const messagesOverChat: Translation = {
  request: requestOf,
  answer: answerOf,
  stream: (asked) => new MessageEvents(asked),
};
