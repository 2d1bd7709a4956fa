import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PaidRoute } from '../../dialect.ts';
import { outlive } from '../../edge/body-room.ts';
import { exchangeOf } from '../../edge/exchange.ts';
import { idempotencyKeyIn } from '../../edge/idempotency-key.ts';
import { edgeFailure, Failed } from '../../failure.ts';
import type { KeptAnswer } from '../replay/kept.ts';
import { replayed } from '../replay/keyed.ts';
import { Once } from '../replay/once.ts';
import { play } from '../replay/play.ts';
import { callOf } from './call-of.ts';
import { Delivery } from './delivery.ts';
import { RequestRun } from './request-run.ts';
import type { RunCall } from './run-call.ts';
import type { RunParts } from './run-parts.ts';

const sweepMs = 60_000;

export type PaidHandler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** Handlers that were made here. A paid route with any other one does not start. */
const made = new WeakSet<object>();
export const isPaidHandler = (handler: unknown): boolean => typeof handler === 'function' && made.has(handler);

/** All requests under way that cost money. */
export class Runs {
  readonly #parts: RunParts;
  readonly #runs = new Set<RequestRun>();
  #going = 0;
  /** Told when none is under way any more. */
  #onIdle: (() => void) | undefined;
  readonly #sweeping: NodeJS.Timeout;
  #isStopping = false;

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.#sweeping = setInterval(() => parts.upstreams.sweep(parts.clock()), sweepMs);
    this.#sweeping.unref();
  }

  get open(): number {
    return this.#runs.size;
  }

  get bodyLimit(): number {
    return this.#parts.settings.bodyLimit;
  }

  /** The only handler that a paid route can have. */
  handlerOf(route: PaidRoute): PaidHandler {
    const handler: PaidHandler = async (request, reply) => {
      if (this.#isStopping) throw new Failed(edgeFailure('ShuttingDown', { headers: { 'retry-after': '1', connection: 'close' } }));
      this.#going += 1;
      try {
        const call = callOf(route, { request, reply }, this.#parts);
        const key = idempotencyKeyIn(request.headers);
        await (key === undefined ? this.#run(call) : this.#once(key, call));
      } catch (error) {
        // Who has heard the beginning hears the end of it at the connection.
        if (!reply.sent) throw error;
        this.#parts.log.error({ err: error, ...exchangeOf(request)?.named }, 'a request failed while it was answered');
        reply.raw.destroy();
      } finally {
        this.#going -= 1;
        if (this.#going === 0) this.#onIdle?.();
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
    this.#parts.keyed.stop();
    const cutting = setTimeout(() => {
      for (const run of this.#runs) run.cut();
    }, this.#parts.settings.patienceMs);
    await this.#idle();
    clearTimeout(cutting);
    await this.#parts.shadows.stop();
    await this.#parts.upstreams.close();
  }

  #idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#onIdle = resolve;
      if (this.#going === 0) resolve();
    });
  }

  /** Back-pressure, and who goes: both are heard at the client's connection. */
  async #run(call: RunCall): Promise<void> {
    const { response } = call;
    const run = new RequestRun(this.#parts, this.#tapped(call));
    // An answer that is out has no socket any more.
    const { socket } = response;
    response.on('drain', () => run.resume());
    response.on('close', () => {
      if (!response.writableFinished) run.leave();
    });
    this.#runs.add(run);
    try {
      await run.go();
    } finally {
      this.#runs.delete(run);
      this.#afterwards(response, socket);
    }
  }

  /** With whoever else listens to it. */
  #tapped(call: RunCall): RunCall {
    let taps = call.taps;
    for (const tapOf of this.#parts.tapsOf) {
      const tap = tapOf(call.asker, call.question);
      if (tap) taps = [...taps, tap];
    }
    return taps === call.taps ? call : { ...call, taps };
  }

  /** Makes the request, or gives the answer that it had before. */
  async #once(key: string, call: RunCall): Promise<void> {
    const { keyed } = this.#parts;
    const { asker, question, response } = call;
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    response.once('close', leave);
    const claimed = await keyed.claim(key, { asker, question, gone: gone.signal }).finally(() => response.off('close', leave));
    if (claimed === undefined) return this.#run(call);
    if (!(claimed instanceof Once)) {
      if (!gone.signal.aborted) await this.#playAgain(call, claimed);
      return;
    }
    try {
      if (gone.signal.aborted) return;
      const going = this.#run({ ...call, taps: [claimed.recording], once: claimed });
      outlive(response, going);
      await going;
    } finally {
      await claimed.close();
    }
  }

  async #playAgain({ response, takeOver }: RunCall, kept: KeptAnswer): Promise<void> {
    const { stallMs } = this.#parts.settings;
    await play(new Delivery(response, []), kept, { headers: { ...takeOver(), ...replayed }, stallMs });
    this.#afterwards(response, response.socket);
  }

  #afterwards(response: ServerResponse, socket: ServerResponse['socket']): void {
    if (response.writableEnded && !response.writableFinished && !response.destroyed) this.#boundRest(response);
    // A connection that stayed open for the next request would keep this process.
    if (this.#isStopping && response.headersSent) socket?.destroySoon();
    else if (this.#isStopping) response.shouldKeepAlive = false;
  }

  /** All of it is written, but not all taken. */
  #boundRest(response: ServerResponse): void {
    const timer = setTimeout(() => response.destroy(), this.#parts.settings.stallMs);
    response.once('close', () => clearTimeout(timer));
  }
}
