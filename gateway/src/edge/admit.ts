import { denial } from '@orrery/messaging';
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import { type Authenticator, type Identity, nobodyKnown } from '../access/authenticate.ts';
import { asking, type Caller, nobody } from '../access/caller.ts';
import type { KeyUses } from '../access/key-uses.ts';
import type { Organizations, Wish } from '../access/organization.ts';
import { credentialOf } from '../access/shown.ts';
import type { Route } from '../dialect.ts';
import { edgeFailure, Failed, refusal } from '../failure.ts';
import type { LimitClass } from '../limit/buckets.ts';
import { rateLimitHeaders, retryAfterSeconds } from '../limit/headers.ts';
import type { Asked, Limiting } from '../limit/limiting.ts';
import type { Ruling } from '../limit/ruling.ts';
import type { Exchange } from './exchange.ts';

export interface Gatekeepers {
  readonly authenticator: Authenticator;
  readonly organizations: Organizations;
  readonly limiting: Limiting;
  readonly keyUses: KeyUses;
}

const isPublic = (route: Route): boolean => route.operations.every(({ access }) => access === 'public');

/** Nobody who still owes a second factor needs to be anything else here. */
const isForPending = (route: Route): boolean => route.operations.every(({ access }) => access === 'session' || access === 'public');

const limitClassOf = (route: Route, { principal }: Caller): LimitClass => {
  const hasCommand = route.operations.some(({ kind }) => kind === 'command');
  if (isPublic(route)) return hasCommand ? 'login' : 'anonymous';
  if (principal.kind === 'nobody') return 'anonymous';
  if (route.kind !== 'answer') return 'stream';
  return hasCommand ? 'write' : 'read';
};

const headerOf = ({ headers }: FastifyRequest, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** Where the request says that it is made. */
const wishOf = (request: FastifyRequest, { orgField, spaceField, operations }: Route): Wish => {
  const path = request.params as Record<string, string>;
  return {
    slugInPath: orgField === undefined ? undefined : path[orgField],
    slugInHeader: headerOf(request, 'x-org-slug'),
    spaceInPath: spaceField === undefined ? undefined : path[spaceField],
    spaceInHeader: headerOf(request, 'x-space-id'),
    isNeeded: operations.some(({ access }) => access.includes(':')),
    isOperators: operations.some(({ access }) => access === 'operator'),
  };
};

type Counted = Pick<Asked, 'caller' | 'isOwnKey'>;

/** One request at the door. */
interface Visit {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly route: Route;
  readonly exchange: Exchange;
}

/** Undefined: that was all. Whatever has to be waited for comes as a promise: most requests wait for nothing, and a promise is not free. */
type Later = Promise<void> | undefined;

const nobodyAsks: Counted = { caller: nobody, isOwnKey: false };

/**
 * Turns away, before its body is read, whoever is nobody, asks too often, is in no such organization or may not.
 * Whoever sends a bad credential is counted by address, so that guessing is slow.
 */
export const admission = ({ authenticator, organizations, limiting, keyUses }: Gatekeepers, publicUrl: string): onRequestHookHandler => {
  const ruled = (reply: FastifyReply, ruling: Ruling): void => {
    reply.headers(rateLimitHeaders(ruling, Date.now()));
    if (ruling.isAllowed) return;
    const seconds = retryAfterSeconds(ruling);
    const details = { retryAfterSeconds: seconds, limit: ruling.bucket.of };
    throw new Failed(edgeFailure('RateLimited', { details, headers: { 'retry-after': String(seconds) } }));
  };

  const limit = ({ request, reply, route }: Visit, { caller, isOwnKey }: Counted): Later => {
    const { ip } = request;
    // What costs money is counted where it is reserved, in the same round trip; bad credentials are counted here all the same.
    if (route.kind === 'paid' && caller !== nobody) {
      const ruling = limiting.refusing({ caller, ip });
      if (ruling !== undefined) ruled(reply, ruling);
      return undefined;
    }
    return limiting.judge({ kind: limitClassOf(route, caller), caller, isOwnKey, ip }).then((ruling) => ruled(reply, ruling));
  };

  const settled = (identity: Identity, route: Route): Identity | Promise<Identity> =>
    identity.kind === 'pending' && !isForPending(route) ? authenticator.settled(identity) : identity;

  const identify = (visit: Visit): Identity | Promise<Identity> => {
    const { request, route } = visit;
    // A stale token must not keep anybody from logging in.
    if (isPublic(route)) return nobodyKnown;
    const failed = async (error: unknown): Promise<never> => {
      await limit(visit, nobodyAsks);
      throw error;
    };
    try {
      const { authorization, cookie } = credentialOf(request, route, publicUrl);
      const identity = authenticator.identify({ authorization, cookie, ip: request.ip });
      return identity instanceof Promise ? identity.then((known) => settled(known, route)).catch(failed) : identity;
    } catch (error) {
      return failed(error);
    }
  };

  const judge = ({ exchange, route }: Visit, identity: Identity, caller: Caller): undefined => {
    exchange.caller = caller;
    for (const operation of route.operations) {
      const denied = denial(operation, asking(caller, operation));
      if (!denied) continue;
      const isForSuspension = caller.isSuspended === true && operation.access.includes(':');
      throw new Failed(isForSuspension ? edgeFailure('OrgSuspended') : refusal(operation, denied));
    }
    if (identity.kind === 'key') keyUses.note(identity.key.id);
  };

  const place = (visit: Visit, identity: Identity, wish: Wish): Later => {
    visit.exchange.identity = identity;
    const caller = organizations.resolve(identity, wish);
    return caller instanceof Promise ? caller.then((known) => judge(visit, identity, known)) : judge(visit, identity, caller);
  };

  const admit = (visit: Visit, identity: Identity): Later => {
    const wish = wishOf(visit.request, visit.route);
    // Counted before anything is waited for, with the organization where it is known already, as it nearly always is.
    const caller = organizations.find(identity, wish);
    const limited = limit(visit, { caller, isOwnKey: identity.kind === 'key' && identity.key.orgId === null });
    return limited === undefined ? place(visit, identity, wish) : limited.then(() => place(visit, identity, wish));
  };

  return (request, reply, done) => {
    const { exchange } = request;
    if (exchange?.route === undefined) return done();
    const visit = { request, reply, route: exchange.route, exchange };
    const identity = identify(visit);
    const later = identity instanceof Promise ? identity.then((known) => admit(visit, known)) : admit(visit, identity);
    // What is thrown before it returns the framework takes for a refusal, too.
    if (later === undefined) done();
    else void later.then(() => done(), done);
  };
};
