import type { Context, LateSpan } from '@orrery/telemetry';
import type { FastifyRequest } from 'fastify';
import { type Identity, nobodyKnown } from '../access/authenticate.ts';
import { type Caller, nobody } from '../access/caller.ts';
import type { Route } from '../dialect.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined until the hook that begins every request. */
    exchange: Exchange | undefined;
  }
}

export interface Opened {
  readonly span: LateSpan;
  /** In milliseconds by the clock that nobody sets. */
  readonly startedAt: number;
  /** What the route said when it was registered; undefined where none was found, or for what is no API. */
  readonly route: Route | undefined;
  /** By which path it was found; `unknown` where by none. */
  readonly routePath: string;
  /** Without the query, which may hold secrets. */
  readonly path: string;
}

/** What is known of one request while it is on its way. */
export class Exchange {
  readonly span: LateSpan;
  readonly startedAt: number;
  readonly route: Route | undefined;
  readonly routePath: string;
  readonly path: string;
  /** Whom its credential stands for. */
  identity: Identity = nobodyKnown;
  caller: Caller = nobody;
  /** Whether its limits were asked for it, and so have counted it. */
  isReserved = false;
  /** A code for the log where the answer is no success. */
  code: string | undefined = undefined;

  constructor({ span, startedAt, route, routePath, path }: Opened) {
    this.span = span;
    this.startedAt = startedAt;
    this.route = route;
    this.routePath = routePath;
    this.path = path;
  }

  get traceId(): string {
    return this.span.traceId;
  }

  get traceparent(): string {
    return this.span.traceparent;
  }

  /** As a line of the log names it that is written outside of its span. */
  get named(): { readonly trace_id: string; readonly span_id: string; readonly org_id: string | undefined } {
    return { trace_id: this.span.traceId, span_id: this.span.spanId, org_id: this.caller.orgId };
  }

  /** Of its trace, for work that is to be part of it. */
  get context(): Context {
    return this.span.context;
  }
}

export const exchangeOf = (request: FastifyRequest): Exchange | undefined => request.exchange;

/** Of a request that may not have begun. The framework puts its options together each time that it is asked. */
export const routeOf = (request: FastifyRequest): Route | undefined => (request.exchange ? request.exchange.route : routeIn(request));

export const routeIn = (request: FastifyRequest): Route | undefined => {
  const { route } = request.routeOptions.config as { route?: Route };
  return route;
};

/** Parts of a path that open something: an invite is answered by its token. */
const secretFields = ['token'];

/** The path as logs, traces and errors may tell it. */
export const toldPathOf = (request: FastifyRequest, route: Route | undefined): string => {
  const path = pathOf(request.url);
  const { params } = request;
  if (typeof params !== 'object' || params === null) return path;
  const isSecret = secretFields.some((field) => Reflect.get(params, field) !== undefined);
  return isSecret ? (route?.path ?? path) : path;
};

export const pathOf = (url: string): string => {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
};
