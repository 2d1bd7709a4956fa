import type { IncomingHttpHeaders } from 'node:http';
import { edgeFailure, Failed } from '../failure.ts';

const keyForm = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;

/** What a client calls a request that is to be made once. Throws `Failed` where it is no key. */
export const idempotencyKeyIn = (headers: IncomingHttpHeaders): string | undefined => {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !keyForm.test(key)) throw new Failed(edgeFailure('BadIdempotencyKey'));
  return key;
};
