import { inference, newId } from '@orrery/contracts';
import type { Client } from '../shapes/shape.ts';

/** Of the request in the inference log and on the bill; `x-request-id` is the client's own name for it, where it has one. */
const requestHeader = 'x-orrery-request-id';
/** Where clients of the Messages API look for it. */
const messagesHeader = 'request-id';
export const costHeader = 'x-orrery-cost';

/** Where headers of an answer are gathered before it begins. */
export interface Gathered {
  getHeader(name: string): unknown;
  header(name: string, value: string): unknown;
}

export const nameRequest = (reply: Gathered, requestId: inference.RequestId, client: Client): void => {
  reply.header(requestHeader, requestId);
  if (client === 'messages') reply.header(messagesHeader, requestId);
};

/** A failure, too, says which request it is of and what that cost: nothing, where nobody was let in. */
export const completeFailure = (reply: Gathered, client: Client): void => {
  if (reply.getHeader(requestHeader) === undefined) nameRequest(reply, newId(inference.RequestId), client);
  if (reply.getHeader(costHeader) === undefined) reply.header(costHeader, '0');
};
