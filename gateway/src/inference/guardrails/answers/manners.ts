import type { Client } from '../../shapes/shape.ts';
import { ChatCourse, chatManner } from './chat-manner.ts';
import type { Course, Manner } from './manner.ts';
import { MessagesCourse, messagesManner } from './messages-manner.ts';
import { ResponsesCourse, responsesManner } from './responses-manner.ts';

interface Streaming {
  readonly manner: Manner;
  readonly courseOf: () => Course;
}

const chat: Streaming = { manner: chatManner, courseOf: () => new ChatCourse({ delta: {} }) };

/** How each client is streamed to. Of embeddings, and of questions that Deeplogix and Lyceum have of their own, no stream comes. */
export const streamingOf: Readonly<Record<Client, Streaming>> = {
  chat,
  completions: { manner: chatManner, courseOf: () => new ChatCourse({ text: '', logprobs: null }) },
  embeddings: chat,
  deeplogix: chat,
  lyceum: chat,
  messages: { manner: messagesManner, courseOf: () => new MessagesCourse() },
  responses: { manner: responsesManner, courseOf: () => new ResponsesCourse() },
};
