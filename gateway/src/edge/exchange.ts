import type { Context, Span } from '@orrery/telemetry';
import type { FastifyRequest } from 'fastify';
import { type Identity, nobodyKnown } from '../access/authenticate.ts';
import { type Caller, nobody } from '../access/caller.ts';
import type { Route } from '../dialect.ts';

/** What is known of one request while it is on its way. */
export interface Exchange {
  readonly span: Span;
  readonly context: Context;
  readonly traceId: string | undefined;
  readonly traceparent: string | undefined;
  readonly startedAt: number;
  /** Without the query, which may hold secrets. */
  readonly path: string;
  /** Whom its credential stands for. */
  identity: Identity;
  caller: Caller;
  /** Whether its limits were asked for it, and so have counted it. */
  isReserved: boolean;
  /** A code for the log where the answer is no success. */
  code?: string;
}

const exchanges = new WeakMap<FastifyRequest, Exchange>();

export const openExchange = (request: FastifyRequest, opened: Omit<Exchange, 'identity' | 'caller' | 'isReserved'>): Exchange => {
  const exchange = { ...opened, identity: nobodyKnown, caller: nobody, isReserved: false };
  exchanges.set(request, exchange);
  return exchange;
};

export const exchangeOf = (request: FastifyRequest): Exchange | undefined => exchanges.get(request);

/** What the route said when it was registered; undefined where none was found, or for what is no API. */
export const routeOf = (request: FastifyRequest): Route | undefined => {
  const { route } = request.routeOptions.config as { route?: Route };
  return route;
};

/** Parts of a path that open something: an invite is answered by its token. */
const secretFields = ['token'];

/** The path as logs, traces and errors may tell it. */
export const toldPathOf = (request: FastifyRequest): string => {
  const path = pathOf(request.url);
  const { params } = request;
  if (typeof params !== 'object' || params === null) return path;
  const isSecret = secretFields.some((field) => Reflect.get(params, field) !== undefined);
  return isSecret ? (routeOf(request)?.path ?? path) : path;
};

export const pathOf = (url: string): string => url.split('?', 1)[0] ?? url;
