import type { Dispatcher } from 'undici';
import type { Deadlines, Waiting } from './deadlines.ts';

/** What goes to an upstream. */
export interface Message {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Patience {
  /** From the request to the first byte of the answer's body. */
  readonly firstByteMs: number;
  /** Between two pieces of it. */
  readonly idleMs: number;
}

/** How an attempt broke. */
export type Break = 'connect' | 'connect-timed-out' | 'reset' | 'first-byte-timed-out' | 'idle-timed-out' | 'cancelled';

/** How an answer begins. An answer that is none (`status`) comes with as much of its body as anybody reads. */
export interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly refusal: Buffer | undefined;
}

/** Where the bytes of an answer go, as they come. */
export interface Outlet {
  /** False: nothing more is wanted until `resume`. What it throws breaks the attempt. */
  take(chunk: Buffer): boolean;
}

/** Of an answer that is none. */
const longestRefusal = 65_536;
const refusalMs = 5_000;

class Cancelled extends Error {}

const isGood = (status: number): boolean => status >= 200 && status < 300;

const breakOf = (error: Error, hasStarted: boolean): Break => {
  if (hasStarted) return 'reset';
  return 'code' in error && error.code === 'UND_ERR_CONNECT_TIMEOUT' ? 'connect-timed-out' : 'connect';
};

/**
 * One request to one upstream, once. `begin` says how the answer begins, as soon as the first byte of it is there: until then nothing is
 * lost and another attempt can be made. `drain` passes it on.
 */
export class Attempt implements Dispatcher.DispatchHandler, Waiting {
  readonly #patience: Patience;
  readonly #deadlines: Deadlines;
  readonly #onSent: () => void;
  #controller: Dispatcher.DispatchController | undefined;
  dueAt = Number.POSITIVE_INFINITY;
  /** How it breaks when that is past. */
  #orElse: Break = 'first-byte-timed-out';
  /** What the outlet threw, where that is what broke it. */
  fault: unknown;
  #status = 0;
  #headers: Head['headers'] = {};
  #refusal: Buffer[] | undefined;
  #refusalBytes = 0;
  /** What came before it was drained. */
  #held: Buffer[] = [];
  #outlet: Outlet | undefined;
  #isPaused = false;
  #over: 'ended' | Break | undefined;
  #onHead: ((head: Head | Break) => void) | undefined;
  #onOver: ((over: 'ended' | Break) => void) | undefined;

  /** `onSent`: a connection was there, and the request is on its way. */
  constructor(patience: Patience, { deadlines, onSent }: { readonly deadlines: Deadlines; readonly onSent: () => void }) {
    this.#patience = patience;
    this.#deadlines = deadlines;
    this.#onSent = onSent;
  }

  /** `base`: the path of the upstream, before that of the message. */
  begin(to: Dispatcher, base: string, { path, headers, body }: Message): Promise<Head | Break> {
    return new Promise((resolve) => {
      this.#onHead = resolve;
      to.dispatch({ method: 'POST', path: base + path, headers, body, headersTimeout: 0, bodyTimeout: 0 }, this);
    });
  }

  /** After `begin` has said that it is well. */
  drain(outlet: Outlet): Promise<'ended' | Break> {
    return new Promise((resolve) => {
      this.#onOver = resolve;
      this.#outlet = outlet;
      const held = this.#held;
      this.#held = [];
      for (const chunk of held) this.#pass(chunk, outlet);
      if (this.#over !== undefined) resolve(this.#over);
    });
  }

  resume(): void {
    if (!this.#isPaused || this.#over !== undefined) return;
    this.#isPaused = false;
    this.#wait(this.#patience.idleMs, 'idle-timed-out');
    this.#controller?.resume();
  }

  /** Stops the upstream at once; without effect where it is over. */
  cancel(): void {
    this.#break('cancelled');
  }

  /** Of the deadlines. */
  overdue(): void {
    this.#break(this.#orElse);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over !== undefined) {
      controller.abort(new Cancelled());
      return;
    }
    this.#wait(this.#patience.firstByteMs, 'first-byte-timed-out');
    this.#deadlines.add(this);
    this.#onSent();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Head['headers']): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    if (isGood(status)) return;
    this.#refusal = [];
    this.#wait(refusalMs, 'reset');
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#refusal) {
      this.#refusalBytes += chunk.length;
      if (this.#refusalBytes <= longestRefusal) this.#refusal.push(chunk);
      else this.#break('cancelled');
    } else if (this.#outlet) {
      if (!this.#isPaused) this.dueAt = this.#deadlines.now() + this.#patience.idleMs;
      this.#pass(chunk, this.#outlet);
    } else {
      this.#held.push(chunk);
      if (this.#held.length === 1) this.#wait(this.#patience.idleMs, 'idle-timed-out');
      this.#head();
    }
  }

  onResponseEnd(): void {
    this.#end('ended');
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#end(breakOf(error, this.#controller !== undefined));
  }

  #pass(chunk: Buffer, outlet: Outlet): void {
    if (this.#over !== undefined && this.#over !== 'ended') return;
    try {
      if (outlet.take(chunk) || this.#over !== undefined || this.#isPaused) return;
    } catch (error) {
      this.fault = error;
      this.#over = undefined;
      this.#break('reset');
      return;
    }
    this.#isPaused = true;
    // While nobody takes anything, the upstream is not to blame for its silence.
    this.dueAt = Number.POSITIVE_INFINITY;
    this.#controller?.pause();
  }

  #head(): void {
    const refusal = this.#refusal && Buffer.concat(this.#refusal);
    this.#onHead?.({ status: this.#status, headers: this.#headers, refusal });
    this.#onHead = undefined;
  }

  #wait(ms: number, orElse: Break): void {
    this.dueAt = this.#deadlines.now() + ms;
    this.#orElse = orElse;
  }

  #break(why: Break): void {
    if (this.#over !== undefined) return;
    this.#end(why);
    this.#controller?.abort(new Cancelled());
  }

  #end(over: 'ended' | Break): void {
    if (this.#over !== undefined) return;
    this.#over = over;
    this.#deadlines.delete(this);
    // A refusal is one, whole or not.
    if (over === 'ended' || (this.#refusal && over !== 'cancelled') || this.#refusalBytes > longestRefusal) this.#head();
    else this.#onHead?.(over);
    this.#onHead = undefined;
    this.#onOver?.(over);
  }
}
