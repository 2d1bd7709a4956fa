import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refused } from '../wire/refused.ts';
import { EventStream } from './event-stream.ts';

/** One request and its answer; `signal` is aborted when the client leaves, or when the engine cannot wait for the end. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly signal: AbortSignal;
  readonly events: EventStream;
  readonly answer: (status: number, body: object) => void;
}

/** The client is gone: whom to tell what went wrong? */
export class ClientLeft extends Error {
  override readonly name = 'ClientLeft';
}

const fault = new Refused({ status: 500, type: 'server_error', message: 'The engine failed. Its log says why.' });

/** A fault is told as one, and nothing of its insides. */
export const refusalOf = (error: unknown): Refused => (error instanceof Refused ? error : fault);

export const exchangeOf = (request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Exchange => ({
  request,
  signal,
  events: new EventStream(response, signal),
  answer: (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  },
});

/** Says no to a request whose answer has not begun, in the shape of OpenAI's errors. */
export const sayNo = (response: ServerResponse, { parts, body }: Refused): void => {
  const { status, retryAfterSeconds } = parts;
  const later = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  response.writeHead(status, { 'content-type': 'application/json', ...later }).end(JSON.stringify(body));
};
