import { isApiKey } from '@orrery/credentials';
import type { FastifyRequest } from 'fastify';
import type { Route } from '../dialect.ts';
import { edgeFailure, Failed, unauthenticated } from '../failure.ts';
import type { Shown } from './authenticate.ts';
import { ambiguous, isFromHere, sessionIn } from './session-cookie.ts';

type Request = Pick<FastifyRequest, 'headers' | 'method'>;

const bearer = /^Bearer +/i;

/** The key in a header of its own, with or without the word that stands before it elsewhere. */
const keyIn = ({ headers }: Request, name: string): string | undefined => {
  const value = headers[name];
  if (value === undefined || value === '') return undefined;
  const key = typeof value === 'string' ? value.replace(bearer, '').trim() : '';
  if (isApiKey(key)) return key;
  throw new Failed(unauthenticated(`The ${name} header holds an API key and nothing else.`));
};

/** A request is one caller's: nobody guesses which of two keys was meant. */
const withKeyHeaders = (request: Request, names: readonly string[]): string | undefined => {
  let { authorization } = request.headers;
  for (const name of names) {
    const key = keyIn(request, name);
    if (key === undefined) continue;
    if (authorization !== undefined && authorization.replace(bearer, '').trim() !== key) {
      throw new Failed(edgeFailure('ConflictingCredentials', { details: { header: name } }));
    }
    authorization = `Bearer ${key}`;
  }
  return authorization;
};

/** What is shown for itself: a bearer, or what the route takes in place of one. */
export const credentialOf = (
  request: Request,
  { takesCookie, keyHeaders = [] }: Pick<Route, 'takesCookie' | 'keyHeaders'>,
  publicUrl: string,
): Omit<Shown, 'ip'> => {
  const { headers, method } = request;
  const authorization = withKeyHeaders(request, keyHeaders);
  const cookie = takesCookie && authorization === undefined ? sessionIn(headers.cookie) : undefined;
  if (cookie === undefined) return { authorization, cookie };
  if (cookie === ambiguous) throw new Failed(unauthenticated('There are two session cookies: delete them, and log in again.'));
  if (!isFromHere(method, headers, publicUrl)) throw new Failed(edgeFailure('CrossSite'));
  return { authorization, cookie };
};
