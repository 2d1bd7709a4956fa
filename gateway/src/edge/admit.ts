import { denial } from '@orrery/messaging';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticator, Identity } from '../access/authenticate.ts';
import { asking, type Caller, nobody } from '../access/caller.ts';
import type { KeyUses } from '../access/key-uses.ts';
import type { Organizations, Wish } from '../access/organization.ts';
import { credentialOf } from '../access/shown.ts';
import type { Route } from '../dialect.ts';
import { edgeFailure, Failed, refusal } from '../failure.ts';
import type { LimitClass } from '../limit/buckets.ts';
import { rateLimitHeaders, retryAfterSeconds } from '../limit/headers.ts';
import type { Asked, Limiting } from '../limit/limiting.ts';
import { exchangeOf, routeOf } from './exchange.ts';

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
type Admit = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/**
 * Turns away, before its body is read, whoever is nobody, asks too often, is in no such organization or may not.
 * Whoever sends a bad credential is counted by address, so that guessing is slow.
 */
export const admission = ({ authenticator, organizations, limiting, keyUses }: Gatekeepers, publicUrl: string): Admit => {
  const limit = async (request: FastifyRequest, reply: FastifyReply, route: Route, { caller, isOwnKey }: Counted): Promise<void> => {
    const { ip } = request;
    // What costs money is counted where it is reserved, in the same round trip; bad credentials are counted here all the same.
    const isPaid = route.kind === 'paid' && caller !== nobody;
    const ruling = isPaid
      ? limiting.refusing({ caller, ip })
      : await limiting.judge({ kind: limitClassOf(route, caller), caller, isOwnKey, ip });
    if (ruling === undefined) return;
    reply.headers(rateLimitHeaders(ruling, Date.now()));
    if (ruling.isAllowed) return;
    const seconds = retryAfterSeconds(ruling);
    const details = { retryAfterSeconds: seconds, limit: ruling.bucket.of };
    throw new Failed(edgeFailure('RateLimited', { details, headers: { 'retry-after': String(seconds) } }));
  };

  const identify = async (request: FastifyRequest, reply: FastifyReply, route: Route): Promise<Identity> => {
    // A stale token must not keep anybody from logging in.
    if (isPublic(route)) return { kind: 'nobody' };
    try {
      const identity = await authenticator.identify({ ...credentialOf(request, route, publicUrl), ip: request.ip });
      return identity.kind === 'pending' && !isForPending(route) ? await authenticator.settled(identity) : identity;
    } catch (error) {
      await limit(request, reply, route, { caller: nobody, isOwnKey: false });
      throw error;
    }
  };

  return async (request, reply) => {
    const route = routeOf(request);
    const exchange = exchangeOf(request);
    if (!route || !exchange) return;
    const identity = await identify(request, reply, route);
    const wish = wishOf(request, route);
    // Counted before anything is waited for, with the organization where it is known already, as it nearly always is.
    const known = organizations.find(identity, wish);
    await limit(request, reply, route, { caller: known, isOwnKey: identity.kind === 'key' && identity.key.orgId === null });
    exchange.identity = identity;
    const caller = await organizations.resolve(identity, wish);
    exchange.caller = caller;
    for (const operation of route.operations) {
      const { principal, orgId } = asking(caller, operation);
      const denied = denial(operation, { principal, orgId });
      if (!denied) continue;
      const isForSuspension = caller.isSuspended === true && operation.access.includes(':');
      throw new Failed(isForSuspension ? edgeFailure('OrgSuspended') : refusal(operation, denied));
    }
    if (identity.kind === 'key') keyUses.note(identity.key.id);
  };
};
