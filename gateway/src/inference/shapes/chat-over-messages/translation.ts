import type { Translation } from '../shape.ts';
import { answerOf } from './answer.ts';
import { requestOf } from './request.ts';
import { ChatChunks } from './stream.ts';

/** Clients of Chat Completions at an upstream that speaks the Messages API. */
export const chatOverMessages: Translation = {
  request: requestOf,
  answer: answerOf,
  stream: (asked) => new ChatChunks(asked),
};
