import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Log, metrics } from '@orrery/telemetry';
import { answerEmbeddings } from './answer-embeddings.ts';
import { answerChat, answerCompletion, assertModel } from './answer-texts.ts';
import { Bodies } from './http/bodies.ts';
import { ClientLeft, type Exchange, exchangeOf, refusalOf, sayNo } from './http/exchange.ts';
import type { Ended } from './llama/generate.ts';
import type { LoadedModel } from './llama/loaded-model.ts';
import { modelOf, modelsOf } from './wire/answers.ts';
import { Refused } from './wire/refused.ts';

export interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly key: string | undefined;
  readonly log: Log;
}

type Route = (model: LoadedModel, exchange: Exchange, bodies: Bodies) => Promise<void> | void;

const tokensTold = ({ usage }: Ended): void => {
  metrics.engineTokens.add(usage.promptTokens - usage.cachedTokens, { kind: 'prompt' });
  metrics.engineTokens.add(usage.cachedTokens, { kind: 'cached' });
  metrics.engineTokens.add(usage.completionTokens, { kind: 'completion' });
};

const startedAt = Math.floor(Date.now() / 1_000);

const routes: Readonly<Record<string, Route>> = {
  'POST /v1/chat/completions': async (model, exchange, bodies) =>
    tokensTold(await answerChat(model, await bodies.jsonOf(exchange.request), exchange)),
  'POST /v1/completions': async (model, exchange, bodies) =>
    tokensTold(await answerCompletion(model, await bodies.jsonOf(exchange.request), exchange)),
  'POST /v1/embeddings': async (model, exchange, bodies) => {
    const tokens = await answerEmbeddings(model, await bodies.jsonOf(exchange.request), exchange);
    metrics.engineTokens.add(tokens, { kind: 'prompt' });
  },
  'GET /v1/models': ({ open }, { answer }) => answer(200, modelsOf(open.name, startedAt)),
  'GET /health': ({ places, open }, { answer }) => answer(200, { status: 'ok', model: open.name, ...places.counts }),
};

const oneModel = '/v1/models/';

/** What is no code of anything stands for itself. */
const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const routeOf = (method: string, path: string): Route => {
  const known = routes[`${method} ${path}`];
  if (known) return known;
  if (method === 'GET' && path.startsWith(oneModel)) {
    const name = decoded(path.slice(oneModel.length));
    return (model, { answer }) => {
      assertModel(model, name);
      answer(200, modelOf(name, startedAt));
    };
  }
  throw new Refused({ status: 404, type: 'invalid_request_error', message: `There is no ${method} ${path} here.`, code: 'unknown_url' });
};

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const assertKnown = (request: IncomingMessage, path: string, key: string | undefined): void => {
  if (key === undefined || !path.startsWith('/v1/')) return;
  const sent = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  if (timingSafeEqual(digest(sent), digest(key))) return;
  const message = 'This engine wants its key as bearer token.';
  throw new Refused({ status: 401, type: 'invalid_request_error', message, code: 'invalid_api_key' });
};

/** Aborted when the client leaves before its answer is whole. */
const leavingOf = (response: ServerResponse, stopping: AbortSignal): AbortSignal => {
  const left = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) left.abort(new ClientLeft('the client left'));
  });
  return AbortSignal.any([left.signal, stopping]);
};

const outcomeOf = (error: unknown): string => (error instanceof ClientLeft ? 'left' : error instanceof Refused ? 'refused' : 'failed');

const settle = (error: unknown, response: ServerResponse, exchange: Exchange, log: Log): void => {
  if (outcomeOf(error) === 'failed') log.error({ err: error }, 'a request failed');
  if (response.destroyed) return;
  const refusal = refusalOf(error);
  if (response.headersSent) exchange.events.fail(refusal.body);
  else sayNo(response, refusal);
};

export interface Serving {
  readonly url: string;
  /** Takes nothing new, gives what runs so long, then cuts it off. */
  readonly stop: (graceMs: number) => Promise<void>;
}

const stoppingNow = (): Refused =>
  new Refused({ status: 503, type: 'server_error', code: 'engine_overloaded', message: 'This engine is stopping.', retryAfterSeconds: 1 });

/** An OpenAI-compatible server in front of a model. */
export const serve = async (model: LoadedModel, { host, port, key, log }: ServeOptions): Promise<Serving> => {
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const bodies = new Bodies();
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const began = performance.now();
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const exchange = exchangeOf(request, response, leavingOf(response, stopping.signal));
    let outcome = 'answered';
    try {
      assertKnown(request, path, key);
      await routeOf(request.method ?? 'GET', path)(model, exchange, bodies);
    } catch (error) {
      // Reading, waiting and writing break in their own words where the client has left, or we stop.
      const why: unknown = exchange.signal.aborted ? exchange.signal.reason : error;
      outcome = outcomeOf(why);
      settle(why, response, exchange, log);
    }
    const route = path in { '/v1/chat/completions': 1, '/v1/completions': 1, '/v1/embeddings': 1 } ? path : 'other';
    metrics.engine.record((performance.now() - began) / 1_000, { route, outcome });
  };
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 60_000, noDelay: true }, (request, response) => {
    const work = respond(request, response).finally(() => running.delete(work));
    running.add(work);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, () => resolve());
  });
  // Listening on a host and port, so never a pipe's name.
  const address = server.address() as AddressInfo;
  const stop = async (graceMs: number): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    model.places.close();
    const patience = setTimeout(() => stopping.abort(stoppingNow()), graceMs);
    while (running.size > 0) await Promise.allSettled(running);
    clearTimeout(patience);
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://${host}:${address.port}`, stop };
};
