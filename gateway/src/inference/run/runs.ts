import type { ServerResponse } from 'node:http';
import { inference, newId } from '@orrery/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PaidRoute } from '../../dialect.ts';
import { exchangeOf } from '../../edge/exchange.ts';
import { edgeFailure, Failed } from '../../failure.ts';
import { questionIn } from '../forward/question.ts';
import { failureFrame } from '../shapes/failure-frame.ts';
import type { Asker } from './record.ts';
import { RequestRun } from './request-run.ts';
import type { RunParts } from './run-parts.ts';

const sweepMs = 60_000;
/** Of the request in the inference log and on the bill; `x-request-id` is the client's own name for it, where it has one. */
const requestHeader = 'x-orrery-request-id';

export type PaidHandler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** Handlers that were made here. A paid route with any other one does not start. */
const made = new WeakSet<object>();
export const isPaidHandler = (handler: unknown): boolean => typeof handler === 'function' && made.has(handler);

/** All requests under way that cost money. */
export class Runs {
  readonly #parts: RunParts;
  readonly #open = new Map<RequestRun, Promise<void>>();
  readonly #sweeping: NodeJS.Timeout;
  #isStopping = false;

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.#sweeping = setInterval(() => parts.upstreams.sweep(parts.clock()), sweepMs);
    this.#sweeping.unref();
  }

  get open(): number {
    return this.#open.size;
  }

  get bodyLimit(): number {
    return this.#parts.settings.bodyLimit;
  }

  /** The only handler that a paid route can have. */
  handlerOf(route: PaidRoute): PaidHandler {
    const handler: PaidHandler = async (request, reply) => {
      if (this.#isStopping) throw new Failed(edgeFailure('ShuttingDown', { headers: { 'retry-after': '1', connection: 'close' } }));
      const run = this.#runOf(route, request, reply);
      const going = this.#watched(run, reply.raw);
      this.#open.set(run, going);
      try {
        await going;
      } catch (error) {
        // Who has heard the beginning hears the end of it at the connection.
        if (!reply.sent) throw error;
        this.#parts.log.error({ err: error }, 'a request failed while it was answered');
        reply.raw.destroy();
      } finally {
        this.#open.delete(run);
      }
      if (!reply.sent) reply.code(499).hijack();
      return reply;
    };
    made.add(handler);
    return handler;
  }

  /** Lets those under way finish within the patience, then cuts them; resolves when all of them are settled. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#sweeping);
    const cutting = setTimeout(() => {
      for (const run of this.#open.keys()) run.cut();
    }, this.#parts.settings.patienceMs);
    await Promise.allSettled(this.#open.values());
    clearTimeout(cutting);
    await this.#parts.shadows.stop();
    await this.#parts.upstreams.close();
  }

  #runOf({ client, dialect, path, modelField, modelMember }: PaidRoute, request: FastifyRequest, reply: FastifyReply): RequestRun {
    const exchange = exchangeOf(request);
    if (!exchange) throw new TypeError('a route was reached past the hook that begins every request');
    const { body, headers, params } = request;
    const named = modelField === undefined ? undefined : String(Reflect.get(Object(params), modelField));
    const given = headers['x-request-id'];
    const requestId = newId(inference.RequestId);
    reply.header(requestHeader, requestId);
    const asker: Asker = {
      requestId,
      caller: exchange.caller,
      client,
      dialect,
      route: path,
      traceId: exchange.traceId,
      logging: this.#parts.orgSettings.of(exchange.caller.orgId ?? '').logging,
      correlationId: given === request.id ? request.id : undefined,
    };
    const question = questionIn(Buffer.isBuffer(body) ? body : Buffer.alloc(0), { named, modelMember });
    return new RequestRun(this.#parts, {
      asker,
      question,
      headers,
      traceparent: exchange.traceparent,
      response: reply.raw,
      takeOver: () => {
        const set = reply.getHeaders();
        reply.hijack();
        return set;
      },
      frameOf: ({ failure }) => failureFrame(client, failure),
      taps: this.#parts.tapsOf.flatMap((tapOf) => tapOf(asker, question) ?? []),
    });
  }

  /** Back-pressure, and who goes: both are heard at the client's connection. */
  async #watched(run: RequestRun, response: ServerResponse): Promise<void> {
    // An answer that is out has no socket any more.
    const { socket } = response;
    const onDrain = (): void => run.resume();
    const onClose = (): void => {
      if (!response.writableFinished) run.leave();
    };
    response.on('drain', onDrain).on('close', onClose);
    try {
      await run.go();
    } finally {
      response.off('drain', onDrain).off('close', onClose);
      if (response.writableEnded && !response.writableFinished && !response.destroyed) this.#boundRest(response);
      // A connection that stayed open for the next request would keep this process.
      if (this.#isStopping) socket?.destroySoon();
    }
  }

  /** All of it is written, but not all taken. */
  #boundRest(response: ServerResponse): void {
    const timer = setTimeout(() => response.destroy(), this.#parts.settings.stallMs);
    response.once('close', () => clearTimeout(timer));
  }
}
