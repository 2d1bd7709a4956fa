import type { inference } from '@orrery/contracts';
import type { Protocol } from '../wire/shapes.ts';
import { chatOverMessages } from './chat-over-messages/translation.ts';
import { deeplogixOverChat } from './deeplogix-over-chat.ts';
import { lyceumOverChat } from './lyceum-over-chat.ts';
import { messagesOverChat } from './messages-over-chat/translation.ts';
import { responsesOverChat } from './responses-over-chat/translation.ts';
import type { Client, Shape, Translation } from './shape.ts';
import { composeStreams } from './translate-stream.ts';

const paths: Readonly<Record<Protocol, string>> = {
  chat: '/chat/completions',
  completions: '/completions',
  embeddings: '/embeddings',
  responses: '/responses',
  messages: '/messages',
};

type Headers = Readonly<Record<string, string>>;

/** The version of the Messages API that is written here. */
const messagesVersion = '2023-06-01';

const bearer = (credential: string | undefined): Headers => (credential === undefined ? {} : { authorization: `Bearer ${credential}` });

const messagesHeaders = (credential: string | undefined): Headers => ({
  'anthropic-version': messagesVersion,
  ...(credential === undefined ? {} : { 'x-api-key': credential }),
});

const shape = (answers: Protocol, translation?: Translation): Shape => ({
  path: paths[answers],
  answers,
  headersFor: answers === 'messages' ? messagesHeaders : bearer,
  passedHeaders: answers === 'messages' && translation === undefined ? ['anthropic-version', 'anthropic-beta'] : [],
  translation,
});

/** What is not spoken with an upstream of the second protocol itself goes by way of Chat Completions. */
const composed = (outer: Translation, inner: Translation): Translation => ({
  request: (asked) => inner.request({ ...asked, body: outer.request(asked) }),
  answer: (body, asked) => outer.answer(inner.answer(body, asked), asked),
  stream: (asked) => composeStreams(inner.stream(withUsage(asked)), outer.stream(asked)),
});

type Asking = Parameters<Translation['stream']>[0];

/** In between the usage is always told: the client's protocol says it in its own way. */
const withUsage = (asked: Asking): Asking => ({ ...asked, body: { ...asked.body, stream_options: { include_usage: true } } });

const atOpenai: Readonly<Record<Client, Shape>> = {
  chat: shape('chat'),
  completions: shape('completions'),
  embeddings: shape('embeddings'),
  messages: shape('chat', messagesOverChat),
  responses: shape('chat', responsesOverChat),
  deeplogix: shape('chat', deeplogixOverChat),
  lyceum: shape('chat', lyceumOverChat),
};

const atAnthropic: Readonly<Partial<Record<Client, Shape>>> = {
  chat: shape('messages', chatOverMessages),
  messages: shape('messages'),
  responses: shape('messages', composed(responsesOverChat, chatOverMessages)),
  deeplogix: shape('messages', composed(deeplogixOverChat, chatOverMessages)),
  lyceum: shape('messages', composed(lyceumOverChat, chatOverMessages)),
};

/** Servers that speak the Messages API beside their own look for the key where they look for it else. */
const messagesBeside: Shape = {
  ...shape('messages'),
  headersFor: (credential) => ({ ...messagesHeaders(credential), ...bearer(credential) }),
};

const untouched = { responses: shape('responses'), messages: messagesBeside } as const;

interface Speaking {
  readonly kind: inference.Upstream['kind'];
  readonly alsoSpeaks: readonly inference.Upstream['alsoSpeaks'][number][];
}

/** How a client's protocol is spoken with an upstream; undefined where that has nothing of the kind. */
export const shapeOf = (client: Client, { kind, alsoSpeaks }: Speaking): Shape | undefined => {
  const own = alsoSpeaks.find((protocol) => protocol === client);
  if (own !== undefined) return untouched[own];
  return kind === 'anthropic' ? atAnthropic[client] : atOpenai[client];
};
