import type { Msg, MsgHdrs } from 'nats';
import { DeadlineExceeded, ServiceUnavailable, type UnavailableReason } from './errors.ts';
import { isNoResponders } from './inbox.ts';
import type { Line } from './line.ts';
import type { Target } from './route.ts';

export interface Letter {
  readonly target: Target;
  readonly payload: Uint8Array;
  readonly headers: MsgHdrs;
  readonly deadlineAt: number;
}

/** Callbacks instead of a promise: each promise on this path costs more than the step that it would wait for. */
export interface Answered {
  readonly answer: (message: Msg) => void;
  readonly fail: (error: Error) => void;
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

  /**
   * Asks once more where nobody listened or the connection broke: a service restarts. Just after a reconnect it goes on asking,
   * because services come back one by one. Safe for commands too: a command carries its id and has its effect once.
   */
  send(letter: Letter, answered: Answered, isRetry = false): void {
    this.#once(letter, {
      answer: answered.answer,
      fail: (error) => {
        const wait = retryDelayMs.least + Math.random() * retryDelayMs.spread;
        const isHopeful = this.#mayPass(error) && (!isRetry || this.#line.link.wasBackWithin(returnMs));
        if (isHopeful && Date.now() + wait < letter.deadlineAt) setTimeout(() => this.send(letter, answered, true), wait);
        else answered.fail(error);
      },
    });
  }

  #mayPass(error: Error): boolean {
    return error instanceof ServiceUnavailable && error.reason !== 'not-permitted' && !this.#line.link.isClosed;
  }

  #once(letter: Letter, answered: Answered): void {
    const { target, deadlineAt } = letter;
    const { link } = this.#line;
    const remaining = deadlineAt - Date.now();
    if (remaining <= 0) answered.fail(new DeadlineExceeded(target.service));
    else if (link.isUp) this.#roundTrip(letter, remaining, answered);
    else if (link.isClosed) answered.fail(new ServiceUnavailable(target.service, 'closing'));
    else void this.#whenUp(letter, remaining, answered);
  }

  /** Written into a lost connection a request would lie in its buffer and be sent long after its deadline. */
  async #whenUp(letter: Letter, remaining: number, answered: Answered): Promise<void> {
    const isUp = await this.#line.link.whenUp(Math.min(remaining, reconnectGraceMs));
    if (isUp) this.#once(letter, answered);
    else answered.fail(new ServiceUnavailable(letter.target.service, 'disconnected'));
  }

  #roundTrip({ target, payload, headers }: Letter, remaining: number, { answer, fail }: Answered): void {
    const { connection, inbox } = this.#line;
    const settle = (): void => {
      clearTimeout(timer);
      inbox.close(address);
    };
    const lose = (reason: UnavailableReason, cause?: unknown): void => {
      settle();
      fail(new ServiceUnavailable(target.service, reason, { cause }));
    };
    const receive = (message: Msg): void => {
      if (isNoResponders(message)) lose('no-responders');
      else {
        settle();
        answer(message);
      }
    };
    const address = inbox.open({ receive, lose, subject: target.subject });
    const timer = setTimeout(() => {
      settle();
      fail(new DeadlineExceeded(target.service));
    }, remaining);
    try {
      connection.publish(target.subject, payload, { reply: address, headers });
    } catch (cause) {
      lose('closing', cause);
    }
  }
}
