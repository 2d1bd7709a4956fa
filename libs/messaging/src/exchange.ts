import type { Msg } from 'nats';
import { DeadlineExceeded, ServiceUnavailable, type UnavailableReason } from './errors.ts';
import { onSheet } from './headers.ts';
import { isNoResponders, type Receiver } from './inbox.ts';
import type { Line } from './line.ts';
import type { Target } from './route.ts';

export interface Letter {
  readonly target: Target;
  readonly payload: Uint8Array;
  /** As `writeHeaders` wrote them. */
  readonly headers: string;
  readonly deadlineAt: number;
}

/** Who waits for the answer to a letter: told one of the two, once. */
export interface Correspondent {
  answer(message: Msg): void;
  fail(error: Error): void;
}

/** How long a request waits for a lost connection before it says so. */
const reconnectGraceMs = 2_000;
/** How long after a reconnect others may still be on their way back. */
const returnMs = 2_000;
const retryDelayMs = { least: 50, spread: 200 };

/** Requests and their answers. An answer, or a named error before the deadline: never silence. */
export class Exchange {
  readonly #line: Line;

  constructor(line: Line) {
    this.#line = line;
    // What was under way when the connection broke has lost its answer: the inbox heard nothing meanwhile.
    line.link.onDown(() => line.inbox.lose(line.link.isClosed ? 'closing' : 'disconnected'));
    line.link.onDenied((subject) => line.inbox.lose('not-permitted', subject));
  }

  send(letter: Letter, correspondent: Correspondent): void {
    new Request(this.#line, letter, correspondent).send();
  }
}

/**
 * A letter until it is answered. An object that is told what happens, instead of promises and callbacks: for each request there
 * would be a dozen of them, and each costs more than the step that it stands for.
 */
class Request implements Receiver {
  readonly #line: Line;
  readonly #letter: Letter;
  readonly #correspondent: Correspondent;
  #address = '';
  #isRetry = false;

  constructor(line: Line, letter: Letter, correspondent: Correspondent) {
    this.#line = line;
    this.#letter = letter;
    this.#correspondent = correspondent;
  }

  get subject(): string {
    return this.#letter.target.subject;
  }

  send(): void {
    const { link } = this.#line;
    const remaining = this.#letter.deadlineAt - Date.now();
    if (remaining <= 0) this.#failed(new DeadlineExceeded(this.#service));
    else if (link.isUp) this.#publish(performance.now() + remaining);
    else if (link.isClosed) this.#failed(new ServiceUnavailable(this.#service, 'closing'));
    else void this.#whenUp(remaining);
  }

  receive(message: Msg): void {
    if (isNoResponders(message)) this.lose('no-responders');
    else {
      this.#close();
      this.#correspondent.answer(message);
    }
  }

  lose(reason: UnavailableReason, cause?: unknown): void {
    this.#close();
    this.#failed(new ServiceUnavailable(this.#service, reason, { cause }));
  }

  expire(): void {
    this.#close();
    this.#failed(new DeadlineExceeded(this.#service));
  }

  get #service(): string {
    return this.#letter.target.service;
  }

  #publish(expiresAt: number): void {
    const { connection, inbox } = this.#line;
    const { payload, headers } = this.#letter;
    this.#address = inbox.open(this, expiresAt);
    try {
      connection.publish(this.subject, payload, { reply: this.#address, headers: onSheet(headers) });
    } catch (cause) {
      this.lose('closing', cause);
    }
  }

  /** Written into a lost connection a request would lie in its buffer and be sent long after its deadline. */
  async #whenUp(remaining: number): Promise<void> {
    if (await this.#line.link.whenUp(Math.min(remaining, reconnectGraceMs))) this.send();
    else this.#failed(new ServiceUnavailable(this.#service, 'disconnected'));
  }

  #close(): void {
    this.#line.inbox.close(this.#address);
  }

  /**
   * Asks once more where nobody listened or the connection broke: a service restarts. Just after a reconnect it goes on asking,
   * because services come back one by one. Safe for commands too: a command carries its id and has its effect once.
   */
  #failed(error: Error): void {
    const wait = retryDelayMs.least + Math.random() * retryDelayMs.spread;
    if (this.#mayPass(error) && Date.now() + wait < this.#letter.deadlineAt) {
      this.#isRetry = true;
      setTimeout(() => this.send(), wait);
    } else this.#correspondent.fail(error);
  }

  #mayPass(error: Error): boolean {
    if (!(error instanceof ServiceUnavailable) || error.reason === 'not-permitted') return false;
    const { link } = this.#line;
    return !link.isClosed && (!this.#isRetry || link.wasBackWithin(returnMs));
  }
}
