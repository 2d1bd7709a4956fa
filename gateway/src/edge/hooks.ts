import { randomUUID } from 'node:crypto';
import { actorOf } from '@orrery/contracts';
import { type Attributes, type Log, metrics, requestSpan } from '@orrery/telemetry';
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { Exchange, routeIn, toldPathOf } from './exchange.ts';

const requestIdForm = /^[\w.:-]{1,100}$/;

/** The caller's own id for the request where it is one, so that both logs can be laid side by side. */
export const requestIdOf = (given: string | string[] | undefined): string =>
  typeof given === 'string' && requestIdForm.test(given) ? given : randomUUID();

const secureHeaders = (publicUrl: string): Readonly<Record<string, string>> => ({
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  ...(publicUrl.startsWith('https:') ? { 'strict-transport-security': 'max-age=31536000' } : {}),
});

type Hook = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void;

const unknown = 'unknown';

const single = (header: string | string[] | undefined): string | undefined => (typeof header === 'string' ? header : undefined);

/** Gives the request its ids. Nothing runs inside its span by itself: whoever asks others for it takes its context along. */
export const beginning = (publicUrl: string): Hook => {
  const always = secureHeaders(publicUrl);
  return (request, reply, done) => {
    const { url } = request.routeOptions;
    const route = routeIn(request);
    const routePath = route?.path ?? url ?? unknown;
    const { traceparent, tracestate } = request.headers;
    const span = requestSpan(`${request.method} ${routePath}`, { traceparent: single(traceparent), tracestate: single(tracestate) });
    request.exchange = new Exchange({
      span,
      startedAt: performance.now(),
      route,
      routePath,
      path: toldPathOf(request, route),
    });
    reply.headers(always);
    reply.header('x-request-id', request.id);
    reply.header('trace-id', span.traceId);
    reply.header('traceparent', span.traceparent);
    done();
  };
};

const bytesOf = (reply: FastifyReply): number | undefined => {
  const length = Number(reply.getHeader('content-length'));
  return Number.isFinite(length) ? length : undefined;
};

const isError = (status: number): boolean => status >= 500;

type HttpLabels = Readonly<Record<'method' | 'route' | 'status', string>>;
/** Frozen, so that the histogram knows them again at a glance. */
const knownLabels = new Map<string, HttpLabels>();

const labelsOf = (method: string, route: string, status: number): HttpLabels => {
  const key = `${status} ${method} ${route}`;
  let labels = knownLabels.get(key);
  if (labels === undefined) {
    labels = Object.freeze({ method, route, status: String(status) });
    knownLabels.set(key, labels);
  }
  return labels;
};

const attributesOf = ({ method }: FastifyRequest, { routePath, path, caller, code }: Exchange, status: number): Attributes => ({
  'http.request.method': method,
  'url.path': path,
  'http.route': routePath === unknown ? undefined : routePath,
  'http.response.status_code': status,
  'error.type': isError(status) ? (code ?? String(status)) : undefined,
  'orrery.org_id': caller.orgId,
});

/** One line and one measurement for every request, when its answer is out or its caller gone. */
export const ending =
  (log: Log): Hook =>
  (request, reply, done) => {
    const { exchange, method } = request;
    if (!exchange) return done();
    const { span, startedAt, caller, code, path, routePath, route } = exchange;
    const ms = performance.now() - startedAt;
    const status = reply.statusCode;
    metrics.http.record(ms / 1_000, labelsOf(method, routePath, status));
    const line = {
      trace_id: span.traceId,
      span_id: span.spanId,
      method,
      path,
      route: routePath,
      status,
      ms: Math.round(ms * 10) / 10,
      bytes: bytesOf(reply),
      actor: actorOf(caller.principal),
      org_id: caller.orgId,
      code,
      request_id: request.id,
      ip: request.ip,
      user_agent: request.headers['user-agent']?.slice(0, 200),
      cut: reply.raw.writableFinished ? undefined : true,
    };
    if (isError(status)) log.warn(line, 'request');
    else if (route) log.info(line, 'request');
    else log.debug(line, 'request');
    if (span.isTold) {
      const endedAt = Date.now();
      span.end({ attributes: attributesOf(request, exchange, status), startedAt: endedAt - ms, endedAt, hasFailed: isError(status) });
    }
    done();
  };

/** What the framework refuses before it runs any hook begins and ends like every other request: with ids, a line and a measurement. */
export const refusing =
  (begin: Hook, end: Hook) =>
  (request: FastifyRequest, reply: FastifyReply, refuse: () => void): void => {
    reply.raw.once('close', () => end(request, reply, () => undefined));
    begin(request, reply, refuse);
  };
