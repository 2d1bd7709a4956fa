import type { Msg, MsgHdrs, NatsConnection } from 'nats';
import { DeadlineExceeded, ServiceUnavailable, type UnavailableReason } from './errors.ts';
import { type Inbox, isNoResponders } from './inbox.ts';
import type { Line } from './line.ts';
import type { Link } from './link.ts';
import type { Target } from './route.ts';

export interface Letter {
  readonly target: Target;
  readonly payload: Uint8Array;
  readonly headers: MsgHdrs;
  readonly deadlineAt: number;
}

interface Pending {
  readonly subject: string;
  readonly lose: (reason: UnavailableReason) => void;
}

/** How long a request waits for a lost connection before it says so. */
const reconnectGraceMs = 2_000;
const retryDelayMs = { least: 50, spread: 200 };

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Requests and their answers. An answer, or a named error before the deadline: never silence. */
export class Exchange {
  readonly #connection: NatsConnection;
  readonly #inbox: Inbox;
  readonly #link: Link;
  readonly #pending = new Map<string, Pending>();

  constructor({ connection, inbox, link }: Line) {
    this.#connection = connection;
    this.#inbox = inbox;
    this.#link = link;
    // What was under way when the connection broke has lost its answer: the inbox heard nothing meanwhile.
    link.onDown(() => this.#loseAll());
    link.onDenied((subject) => this.#loseDenied(subject));
  }

  /**
   * Asks once more where nobody listened or the connection broke: a service restarts, a server comes back. Safe for commands
   * too, because a command carries its id and has its effect once.
   */
  async send(letter: Letter): Promise<Msg> {
    try {
      return await this.#once(letter);
    } catch (error) {
      if (!(error instanceof ServiceUnavailable) || error.reason === 'not-permitted' || this.#link.isClosed) throw error;
      const wait = retryDelayMs.least + Math.random() * retryDelayMs.spread;
      if (Date.now() + wait >= letter.deadlineAt) throw error;
      await pause(wait);
      return this.#once(letter);
    }
  }

  async #once(letter: Letter): Promise<Msg> {
    const { target, deadlineAt } = letter;
    const remaining = deadlineAt - Date.now();
    if (remaining <= 0) throw new DeadlineExceeded(target.service);
    if (this.#link.isClosed) throw new ServiceUnavailable(target.service, 'closing');
    // Written into a lost connection a request would lie in its buffer and be sent long after its deadline.
    if (!this.#link.isUp && !(await this.#link.whenUp(Math.min(remaining, reconnectGraceMs)))) {
      throw new ServiceUnavailable(target.service, 'disconnected');
    }
    return this.#roundTrip(letter);
  }

  #roundTrip({ target, payload, headers, deadlineAt }: Letter): Promise<Msg> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#inbox.close(address);
        this.#pending.delete(address);
      };
      const fail = (error: Error): void => {
        settle();
        reject(error);
      };
      const address = this.#inbox.open((message) => {
        settle();
        if (isNoResponders(message)) reject(new ServiceUnavailable(target.service, 'no-responders'));
        else resolve(message);
      });
      const timer = setTimeout(() => fail(new DeadlineExceeded(target.service)), Math.max(1, deadlineAt - Date.now()));
      this.#pending.set(address, { subject: target.subject, lose: (reason) => fail(new ServiceUnavailable(target.service, reason)) });
      try {
        this.#connection.publish(target.subject, payload, { reply: address, headers });
      } catch (cause) {
        fail(new ServiceUnavailable(target.service, 'closing', { cause }));
      }
    });
  }

  #loseAll(): void {
    const reason = this.#link.isClosed ? 'closing' : 'disconnected';
    for (const pending of [...this.#pending.values()]) pending.lose(reason);
  }

  #loseDenied(subject: string): void {
    for (const pending of [...this.#pending.values()]) if (pending.subject === subject) pending.lose('not-permitted');
  }
}
