import { randomUUID } from 'node:crypto';
import { actorOf } from '@orrery/contracts';
import { extract, type Log, metrics, SpanKind, startSpan, traceIdNow, traceparentNow, within } from '@orrery/telemetry';
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { exchangeOf, openExchange, routeOf, toldPathOf } from './exchange.ts';

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

/** Gives the request its span and its ids; everything after it runs inside that span. */
export const beginning = (publicUrl: string): Hook => {
  const always = secureHeaders(publicUrl);
  return (request, reply, done) => {
    const { traceparent, tracestate } = request.headers;
    const parent = extract({
      ...(typeof traceparent === 'string' ? { traceparent } : {}),
      ...(typeof tracestate === 'string' ? { tracestate } : {}),
    });
    const route = routeOf(request)?.path ?? request.routeOptions.url;
    const attributes = {
      'http.request.method': request.method,
      'url.path': toldPathOf(request),
      ...(route ? { 'http.route': route } : {}),
    };
    const { span, context } = startSpan(`${request.method} ${route ?? 'unknown'}`, { kind: SpanKind.SERVER, parent, attributes });
    within(context, () => {
      const exchange = openExchange(request, {
        span,
        context,
        traceId: traceIdNow(),
        traceparent: traceparentNow(),
        startedAt: performance.now(),
        path: toldPathOf(request),
      });
      reply.headers(always);
      reply.header('x-request-id', request.id);
      if (exchange.traceId) reply.header('trace-id', exchange.traceId);
      if (exchange.traceparent) reply.header('traceparent', exchange.traceparent);
      done();
    });
  };
};

const bytesOf = (reply: FastifyReply): number | undefined => {
  const length = Number(reply.getHeader('content-length'));
  return Number.isFinite(length) ? length : undefined;
};

const isError = (status: number): boolean => status >= 500;

/** One line and one measurement for every request, when its answer is out or its caller gone. */
export const ending =
  (log: Log): Hook =>
  (request, reply, done) => {
    const exchange = exchangeOf(request);
    if (!exchange) return done();
    const { span, context, startedAt, caller, code, path } = exchange;
    const ms = performance.now() - startedAt;
    const status = reply.statusCode;
    const route = routeOf(request)?.path ?? request.routeOptions.url ?? 'unknown';
    metrics.http.record(ms / 1_000, { method: request.method, route, status: String(status) });
    span.setAttribute('http.response.status_code', status);
    if (status >= 500) span.setAttribute('error.type', code ?? String(status));
    if (caller.orgId) span.setAttribute('orrery.org_id', caller.orgId);
    const isCut = !reply.raw.writableFinished;
    within(context, () => {
      const line = {
        method: request.method,
        path,
        route,
        status,
        ms: Math.round(ms * 10) / 10,
        bytes: bytesOf(reply),
        actor: actorOf(caller.principal),
        org_id: caller.orgId,
        code,
        request_id: request.id,
        ip: request.ip,
        user_agent: request.headers['user-agent']?.slice(0, 200),
        ...(isCut ? { cut: true } : {}),
      };
      if (isError(status)) log.warn(line, 'request');
      else if (routeOf(request)) log.info(line, 'request');
      else log.debug(line, 'request');
    });
    span.end();
    done();
  };

/** What the framework refuses before it runs any hook begins and ends like every other request: with ids, a line and a measurement. */
export const refusing =
  (begin: Hook, end: Hook) =>
  (request: FastifyRequest, reply: FastifyReply, refuse: () => void): void => {
    reply.raw.once('close', () => end(request, reply, () => undefined));
    begin(request, reply, refuse);
  };
