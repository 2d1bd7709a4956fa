import type { ServerResponse } from 'node:http';
import { Transform } from 'node:stream';
import type { FastifyReply, FastifyRequest, preParsingHookHandler } from 'fastify';
import { edgeFailure, Failed } from '../failure.ts';
import { routeOf } from './exchange.ts';

const full = (): Failed => new Failed(edgeFailure('GatewayFull', { headers: { 'retry-after': '1', connection: 'close' } }));

const outliving = new WeakMap<ServerResponse, Promise<unknown>>();

/** What was asked goes on for a while after its client has left, and its body with it. */
export const outlive = (response: ServerResponse, going: Promise<unknown>): void => void outliving.set(response, going);

const whenGone = ({ raw }: FastifyReply, release: () => void): void => {
  raw.once('close', () => {
    const going = outliving.get(raw);
    if (going === undefined) release();
    else void going.then(release, release);
  });
};

/**
 * What bodies of requests to models may come to in this process, all of them together: each lies in memory until it is answered. Who says how long
 * theirs is, is turned away before any of it is read; who does not, when there is no more room.
 */
export class BodyRoom {
  readonly #most: number;
  readonly #largest: number;
  #taken = 0;

  /** `largest`: what one of them may be. */
  constructor({ most, largest }: { readonly most: number; readonly largest: number }) {
    this.#most = Math.max(most, largest);
    this.#largest = largest;
  }

  /** A hook: what a request takes it gives back when its answer has ended, or what it asked for where that goes on. */
  readonly enter: preParsingHookHandler = (request, reply, payload, done) => {
    if (routeOf(request)?.kind !== 'paid') return done(null, payload);
    const { 'content-length': length, 'transfer-encoding': chunked } = request.headers;
    if (chunked !== undefined) return done(null, payload.pipe(this.#counting(request, reply)));
    const bytes = Number(length ?? 0);
    // It is refused for itself, and not read.
    if (bytes > this.#largest) return done(null, payload);
    if (!this.#take(bytes)) return done(full());
    whenGone(reply, () => {
      this.#taken -= bytes;
    });
    done(null, payload);
  };

  #take(bytes: number): boolean {
    if (this.#taken + bytes > this.#most) return false;
    this.#taken += bytes;
    return true;
  }

  #counting(request: FastifyRequest, reply: FastifyReply): Transform {
    let bytes = 0;
    const counting = new Transform({
      transform: (chunk: Buffer, _, passed) => {
        if (!this.#take(chunk.length)) return passed(full());
        bytes += chunk.length;
        passed(null, chunk);
      },
    });
    // Whoever goes in the middle of it ends it for who reads.
    request.raw.once('close', () => {
      if (!request.raw.complete) counting.destroy(new Error('the client left'));
    });
    whenGone(reply, () => {
      this.#taken -= bytes;
    });
    return counting;
  }
}
