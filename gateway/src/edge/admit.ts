import { denial } from '@orrery/messaging';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticator, Identity } from '../access/authenticate.ts';
import type { Organizations } from '../access/organization.ts';
import type { Route } from '../dialect.ts';
import { edgeFailure, Failed, refusal } from '../failure.ts';
import { type LimitClass, type RateLimiter, rateLimitHeaders } from '../limit/rate-limiter.ts';
import { exchangeOf, routeOf } from './exchange.ts';

export interface Gatekeepers {
  readonly authenticator: Authenticator;
  readonly organizations: Organizations;
  readonly limiter: RateLimiter;
}

const isPublic = (route: Route): boolean => route.operations.every(({ access }) => access === 'public');

/** Nobody who still owes a second factor needs to be anything else here. */
const isForPending = (route: Route): boolean => route.operations.every(({ access }) => access === 'session' || access === 'public');

const limitClassOf = (route: Route | undefined, identity: Identity): LimitClass => {
  if (!route) return 'anonymous';
  const hasCommand = route.operations.some(({ kind }) => kind === 'command');
  if (isPublic(route)) return hasCommand ? 'login' : 'anonymous';
  if (identity.kind === 'nobody') return 'anonymous';
  if (route.kind === 'stream') return 'stream';
  return hasCommand ? 'write' : 'read';
};

const limitedAs = (identity: Identity, ip: string): string => {
  switch (identity.kind) {
    case 'nobody':
      return `ip:${ip}`;
    case 'operator':
      return 'operator';
    case 'user':
    case 'pending':
      return `user:${identity.userId}`;
    case 'key':
      return `key:${identity.key.id}`;
  }
};

type Admit = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/**
 * Turns away, before its body is read, whoever is nobody, asks too often, is in no such organization or may not.
 * Whoever sends a bad credential is counted by address, so that guessing is slow.
 */
export const admission = ({ authenticator, organizations, limiter }: Gatekeepers): Admit => {
  const limit = async (request: FastifyRequest, reply: FastifyReply, identity: Identity): Promise<void> => {
    const kind = limitClassOf(routeOf(request), identity);
    const verdict = await limiter.judge(kind, limitedAs(identity, request.ip));
    reply.headers(rateLimitHeaders(verdict, limiter.limitOf(kind)));
    if (verdict.isAllowed) return;
    const retryAfterSeconds = Math.max(1, Math.ceil(verdict.retryAfterMs / 1e3));
    const headers = { 'retry-after': String(retryAfterSeconds) };
    throw new Failed(edgeFailure('RateLimited', { details: { retryAfterSeconds }, headers }));
  };

  const identify = async (request: FastifyRequest, reply: FastifyReply, route: Route): Promise<Identity> => {
    // A stale token must not keep anybody from logging in.
    if (isPublic(route)) return { kind: 'nobody' };
    try {
      const identity = await authenticator.identify(request.headers.authorization);
      return identity.kind === 'pending' && !isForPending(route) ? await authenticator.settled(identity) : identity;
    } catch (error) {
      await limit(request, reply, { kind: 'nobody' });
      throw error;
    }
  };

  return async (request, reply) => {
    const route = routeOf(request);
    const exchange = exchangeOf(request);
    if (!route || !exchange) return;
    const identity = await identify(request, reply, route);
    await limit(request, reply, identity);
    const slugInPath = route.orgField === undefined ? undefined : (request.params as Record<string, string>)[route.orgField];
    const slugInHeader = request.headers['x-org-slug'];
    exchange.caller = await organizations.resolve(identity, {
      slugInPath,
      slugInHeader: typeof slugInHeader === 'string' && slugInHeader !== '' ? slugInHeader : undefined,
      isNeeded: route.operations.some(({ access }) => access.includes(':')),
    });
    for (const operation of route.operations) {
      const denied = denial(operation.access, { principal: exchange.caller.principal, orgId: exchange.caller.orgId });
      if (denied) throw new Failed(refusal(operation, denied));
    }
  };
};
