import type { Failure } from '../../failure.ts';
import { chatError, lowerSnake, messagesError } from './errors.ts';
import type { Client, Sent } from './shape.ts';
import { writtenFrame } from './translate-stream.ts';

type Told = Pick<Failure, 'status' | 'code' | 'detail'>;

const frameFor = (client: Client, { status, code, detail: message }: Told): Sent => {
  if (client === 'messages') return { event: 'error', data: messagesError(status, { message }) };
  if (client !== 'responses') return { data: chatError(status, { message, code: lowerSnake(code) }) };
  // Its number is known to nobody who passes on bytes.
  return { event: 'error', data: { type: 'error', code: lowerSnake(code), message, param: null, sequence_number: 0 } };
};

/** What tells a client, in the middle of a stream whose bytes pass as they are, that the rest will not come. */
export const failureFrame = (client: Client, failure: Told): Buffer => Buffer.from(writtenFrame(frameFor(client, failure)));
