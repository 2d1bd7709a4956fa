import type { Translation } from '../shape.ts';
import { answerOf } from './answer.ts';
import { requestOf } from './request.ts';
import { ResponseEvents } from './stream.ts';

/** Clients of the Responses API at an upstream that speaks Chat Completions. */
export const responsesOverChat: Translation = {
  request: requestOf,
  answer: answerOf,
  stream: (asked) => new ResponseEvents(asked),
};
