import type { Bus } from '@orrery/messaging';
import { type Log, metrics, within } from '@orrery/telemetry';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { Dialect, Route } from '../dialect.ts';
import { edgeFailure, Failed } from '../failure.ts';
import type { Runs } from '../inference/run/runs.ts';
import { admission, type Gatekeepers } from './admit.ts';
import { BodyRoom } from './body-room.ts';
import { Asking } from './call.ts';
import { allowOrigins, answerPreflight } from './cross-origin.ts';
import { writeDownload } from './download-writer.ts';
import { writeEvents } from './event-writer.ts';
import { exchangeOf, pathOf, routeOf } from './exchange.ts';
import { beginning, ending, refusing, requestIdOf } from './hooks.ts';
import { MethodTable } from './method-table.ts';
import { rawErrorAnswerer } from './raw-errors.ts';
import { readBody } from './read-body.ts';
import { countRefused } from './refused-calls.ts';
import { errorShapes, failureWriter, respond, type WriteFailure } from './respond.ts';
import { keepRouteTable, type TableRow } from './route-table.ts';
import { closeSilentConnections } from './silent-connections.ts';
import { StreamWatch } from './stream-watch.ts';

export interface EdgeSettings {
  readonly publicUrl: string;
  readonly bodyLimit: number;
  /** Of requests to models, all of them together. */
  readonly bodiesLimit: number;
  readonly corsOrigins: readonly string[];
  readonly trustProxy: string | undefined;
  readonly heartbeatMs: number;
  readonly stallMs: number;
  readonly requestMs: number;
  readonly keepAliveMs: number;
}

export interface EdgeParts {
  readonly bus: Bus;
  readonly gatekeepers: Gatekeepers;
  /** What runs the routes that cost money. */
  readonly runs: Runs;
  readonly dialects: readonly Dialect[];
  readonly settings: EdgeSettings;
  readonly log: Log;
  /** Aborted when this instance begins to stop. */
  readonly draining: AbortSignal;
}

const headerBytes = 16_384;
/** How often node looks for requests that take too long to arrive. */
const checkMs = 5_000;
const paramLength = 512;

const create = (settings: EdgeSettings, writeFailure: WriteFailure, log: Log): FastifyInstance => {
  const { bodyLimit, trustProxy, requestMs, keepAliveMs } = settings;
  const refuse = refusing(beginning(settings.publicUrl), ending(log));
  return fastify({
    logger: false,
    bodyLimit,
    ...(trustProxy === undefined ? {} : { trustProxy }),
    requestTimeout: requestMs,
    keepAliveTimeout: keepAliveMs,
    http: { maxHeaderSize: headerBytes, headersTimeout: requestMs, connectionsCheckingInterval: Math.min(checkMs, requestMs) },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: paramLength },
    genReqId: ({ headers }) => requestIdOf(headers['x-request-id']),
    forceCloseConnections: 'idle',
    // A connection that is open is served to its end; balancers have looked elsewhere by then.
    return503OnClosing: false,
    clientErrorHandler: rawErrorAnswerer(log),
    exposeHeadRoutes: false,
    frameworkErrors: (error, request, reply) => refuse(request, reply, () => void writeFailure(request, reply, error)),
  });
};

/** JSON and nothing else, uncompressed, as UTF-8; what goes on to a model server stays as it came. */
const takeJson = (app: FastifyInstance): void => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i,
    { parseAs: 'buffer' },
    (request: FastifyRequest, body: Buffer, done: (error: Error | null, body?: unknown) => void) => {
      try {
        done(null, bodyOf(request, body));
      } catch (error) {
        done(error instanceof Error ? error : new TypeError(String(error)));
      }
    },
  );
};

const bodyOf = (request: FastifyRequest, body: Buffer): unknown => {
  const reason = encodingProblem(request);
  if (reason) throw new Failed(edgeFailure('UnsupportedMediaType', { details: { reason } }));
  return routeOf(request)?.kind === 'paid' ? body : readBody(body);
};

const encodingProblem = ({ headers }: FastifyRequest): string | undefined => {
  const { 'content-encoding': encoding = 'identity', 'content-type': type = '' } = headers;
  if (encoding === 'identity' && type === 'application/json') return undefined;
  if (encoding.toLowerCase() !== 'identity') return 'The body must not be compressed.';
  const [, charset = 'utf-8'] = /;\s*charset="?([^";\s]+)/i.exec(type) ?? [];
  return /^utf-?8$/i.test(charset) ? undefined : 'The body must be UTF-8.';
};

/** Fires when the caller is gone or would be let in no more, or this instance stops. */
const cutOff = (
  reply: FastifyReply,
  isLive: () => boolean,
  { draining, watch }: { draining: AbortSignal; watch: StreamWatch },
): AbortSignal => {
  const gone = new AbortController();
  const forget = watch.watch({ isLive, cut: () => gone.abort() });
  reply.raw.once('close', () => {
    forget();
    gone.abort();
  });
  return AbortSignal.any([gone.signal, draining]);
};

/** From here on the answer is written by us, piece by piece. */
const takeOver = (reply: FastifyReply): void => {
  reply.header('cache-control', 'no-store').header('x-accel-buffering', 'no');
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value);
};

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

const handlerOf = (route: Route, { bus, settings, draining, gatekeepers, runs }: EdgeParts, watch: StreamWatch): Handler => {
  if (route.kind === 'paid') return runs.handlerOf(route);
  if (route.kind === 'answer') {
    return async (request, reply) => {
      const exchange = exchangeOf(request);
      if (!exchange) throw new TypeError('a route was reached past the hook that begins every request');
      const call = new Asking(bus, request, exchange, draining);
      return respond(reply, await within(exchange.context, () => route.answer(call)));
    };
  }
  return async (request, reply) => {
    const exchange = exchangeOf(request);
    if (!exchange) throw new TypeError('a route was reached past the hook that begins every request');
    const { caller } = exchange;
    const accesses = route.operations.map(({ access }) => access);
    const isLive = (): boolean =>
      gatekeepers.authenticator.isLive(exchange.identity, request.ip) && gatekeepers.organizations.isCurrent(caller, accesses);
    const call = new Asking(bus, request, exchange, cutOff(reply, isLive, { draining, watch }));
    await within(exchange.context, async () => {
      if (route.kind === 'download') {
        const { contentType, fileName, chunks } = await route.download(call);
        reply.header('content-type', contentType).header('content-disposition', `attachment; filename="${fileName}"`);
        takeOver(reply);
        await writeDownload(reply.raw, chunks, settings.stallMs);
        return;
      }
      const frames = await route.frames(call);
      reply.header('content-type', 'text/event-stream; charset=utf-8');
      takeOver(reply);
      metrics.eventStreams.add(1, { event: 'open' });
      await writeEvents(reply.raw, frames, { ...settings, draining }).finally(() => metrics.eventStreams.add(1, { event: 'closed' }));
    });
    return reply;
  };
};

export interface Edge {
  readonly app: FastifyInstance;
  /** What it serves, as long as routes are added. */
  readonly routes: readonly TableRow[];
}

/** The HTTP server: every route of every dialect, and a clear answer to everything else. It does not listen yet. */
export const createEdge = (parts: EdgeParts): Edge => {
  const { dialects, settings, gatekeepers, log } = parts;
  const writeFailure = failureWriter({ shapeAt: errorShapes(dialects), log });
  const app = create(settings, writeFailure, log);
  const routes = keepRouteTable(app);
  closeSilentConnections(app);
  const table = new MethodTable();
  const watch = new StreamWatch();
  const allow = allowOrigins(settings.corsOrigins);
  takeJson(app);
  app.decorateRequest('exchange', undefined);
  app.addHook('onRequest', beginning(settings.publicUrl));
  if (settings.corsOrigins.length > 0) {
    app.addHook('onRequest', (request, reply, done) => {
      allow(request, reply);
      done();
    });
  }
  app.addHook('onRequest', admission(gatekeepers, settings.publicUrl));
  app.addHook('preParsing', new BodyRoom({ most: settings.bodiesLimit, largest: parts.runs.bodyLimit }).enter);
  app.addHook('onResponse', ending(log));
  app.addHook('onResponse', countRefused(gatekeepers.limiting));
  app.setErrorHandler((error, request, reply) => writeFailure(request, reply, error));
  app.setNotFoundHandler((request, reply) => {
    const path = pathOf(request.url);
    const methods = table.methodsAt(path);
    const allowed = methods.join(', ');
    if (methods.length === 0) return writeFailure(request, reply, new Failed(edgeFailure('RouteNotFound', { details: { path } })));
    if (request.method !== 'OPTIONS') {
      return writeFailure(
        request,
        reply,
        new Failed(edgeFailure('MethodNotAllowed', { details: { allow: allowed }, headers: { allow: allowed } })),
      );
    }
    answerPreflight(request, reply, methods);
    return reply.code(204).header('allow', allowed).send();
  });
  for (const route of dialects.flatMap(({ routes }) => routes)) {
    table.add(route);
    app.route({
      method: route.method,
      url: route.path.replace(/\{(\w+)\}/g, ':$1'),
      config: { route },
      ...(route.kind === 'paid' ? { bodyLimit: parts.runs.bodyLimit } : {}),
      exposeHeadRoute: route.method === 'GET' && route.kind === 'answer',
      handler: handlerOf(route, parts, watch),
    });
  }
  return { app, routes };
};
