import type { ServerResponse } from 'node:http';
import type { Question } from '../forward/question.ts';
import { type Fields, Outgoing } from './outgoing.ts';

export type Headers = Readonly<Fields>;

/**
 * Hears what a client is given, as it is given it: after translation and guardrails. It is told in the middle of things: it must be quick, throw nothing
 * and keep no more than it has bounded.
 */
export interface Tap {
  /** Before `head`, where guardrails changed what was asked. */
  asked?(question: Question): void;
  /** Before `unanswered`, where guardrails did not let pass what was asked. */
  withheld?(): void;
  /** Once, before any byte. Never where no answer began: then the failure is told as everywhere, and `RequestRun.go` throws it. */
  head(status: number, headers: Headers): void;
  /** Not to be changed. */
  bytes(chunk: Buffer): void;
  /** Once after `head`. `isWhole`: it was an answer to its end. `trailers`: what was known only then. */
  end(isWhole: boolean, trailers: Headers): void;
  /** Once, instead of all of that, where no answer began to a request that was let in. */
  unanswered?(): void;
}

const none: Headers = {};

/** The one way to the client, past whoever listens. */
export class Delivery {
  readonly #response: ServerResponse;
  readonly #outgoing: Outgoing;
  #taps: readonly Tap[];
  #isOver = false;
  #hasLeft = false;
  /** The head is out: nothing but these bytes can be said any more. */
  hasBegun = false;

  constructor(response: ServerResponse, taps: readonly Tap[]) {
    this.#response = response;
    this.#outgoing = new Outgoing(response);
    this.#taps = taps;
  }

  /** Before it begins. */
  listen(tap: Tap): void {
    this.#taps = [...this.#taps, tap];
  }

  /** The client is there no more, and whoever listens hears the rest. */
  leave(): void {
    this.#hasLeft = true;
    this.#outgoing.cut();
  }

  /** `promised`: names of the trailers. The headers are the delivery's from here on. */
  begin(headers: Fields, promised: readonly string[]): void {
    if (promised.length > 0 && this.#outgoing.saysTrailers) headers['trailer'] = promised.join(', ');
    this.#head(headers);
  }

  /** False: the client takes no more until it has drained. */
  write(chunk: Buffer): boolean {
    for (const tap of this.#taps) tap.bytes(chunk);
    return this.#hasLeft || this.#outgoing.push(chunk);
  }

  /** Resolves when the client has taken it, or is gone; whoever takes nothing for so long is. */
  async writeOut(chunk: Buffer, stallMs: number): Promise<void> {
    for (const tap of this.#taps) tap.bytes(chunk);
    const response = this.#response;
    const stalled = setTimeout(() => response.destroy(), stallMs);
    await new Promise<void>((resolve) => {
      response.once('close', resolve);
      this.#outgoing.pushOut(chunk, resolve);
    });
    clearTimeout(stalled);
    this.#hasLeft = response.destroyed;
  }

  /** All of it was written. */
  finish(trailers: Headers): void {
    if (!this.#hasLeft) this.#outgoing.end(trailers);
    this.#over(true, trailers);
  }

  /** All of it at once. The headers are the delivery's from here on. */
  whole(headers: Fields, body: Buffer): void {
    headers['content-length'] = body.length;
    this.#head(headers);
    for (const tap of this.#taps) tap.bytes(body);
    if (!this.#hasLeft) this.#outgoing.whole(body);
    this.#over(true, none);
  }

  /** The rest will not come, and the client has been told so. */
  endEarly(): void {
    if (!this.#hasLeft) this.#outgoing.end(none);
    this.#over(false, none);
  }

  /** The rest will not come, and that is all that can be said. */
  cut(): void {
    this.#outgoing.cut();
    this.#over(false, none);
  }

  /** Whatever became of it: who listens hears no more. */
  close(): void {
    this.#over(false, none);
  }

  #head(headers: Fields): void {
    this.hasBegun = true;
    if (!this.#hasLeft) this.#outgoing.head(headers);
    for (const tap of this.#taps) tap.head(this.#outgoing.status, headers);
  }

  #over(isWhole: boolean, trailers: Headers): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const tap of this.#taps) {
      if (this.hasBegun) tap.end(isWhole, trailers);
      else tap.unanswered?.();
    }
  }
}
