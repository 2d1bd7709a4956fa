import { edgeFailure, Failed } from '../../failure.ts';
import type { Ending } from '../accounting/outcomes.ts';
import type { Break, Outlet } from '../forward/attempt.ts';
import type { Forwarded } from '../forward/forwarding.ts';
import type { AnswerGuard } from '../guardrails/answer-guard.ts';
import { Blocked } from '../guardrails/blocked.ts';
import type { RouteTarget } from '../routing/route-table.ts';
import type { AnswerReader } from '../wire/answer-reader.ts';
import { type Answer, StreamedAnswer, WholeAnswer } from './answer.ts';
import type { Delivery, Headers } from './delivery.ts';
import { endingOf, failureOf } from './failures.ts';
import type { Fields } from './outgoing.ts';
import type { RunAccount } from './run-account.ts';
import type { RunCall } from './run-call.ts';
import type { RunParts } from './run-parts.ts';
import type { Speech } from './speech.ts';
import { costHeader } from './told-headers.ts';

export type Answered = Extract<Forwarded, { kind: 'answered' }>;

export interface PassingOptions {
  readonly answered: Answered;
  readonly parts: Pick<RunParts, 'clock' | 'log'>;
  readonly call: RunCall;
  readonly speech: Speech;
  readonly account: RunAccount;
  readonly delivery: Delivery;
  /** How the caller stands with the limits, as headers. */
  readonly standing: Headers;
  readonly currency: string;
  /** Undefined where answers pass as they are. */
  readonly guard: AnswerGuard | undefined;
  /** The client takes nothing for now. */
  readonly onFull: () => void;
}

const trailers = [costHeader];

/** How the answer of an upstream becomes what the client is given, from its first byte to its last. */
export class Passing implements Outlet {
  readonly #options: PassingOptions;
  readonly #isStream: boolean;
  readonly #reader: AnswerReader;
  readonly #answer: Answer;

  constructor(options: PassingOptions) {
    const { answered, speech, account } = options;
    const { head, place } = answered;
    const type = String(head.headers['content-type'] ?? 'application/json');
    this.#options = options;
    this.#isStream = type.startsWith('text/event-stream');
    this.#reader = speech.readerFor(place.target, this.#isStream);
    account.count(this.#reader);
    this.#answer = this.#answerOf(place.target, type);
  }

  /** How it broke, or that it ended; `ended` is told of it. */
  drain(): Promise<'ended' | Break> {
    return this.#options.answered.attempt.drain(this);
  }

  /** Of the attempt: as its bytes come. */
  take(chunk: Buffer): boolean {
    const { guard, answered, onFull } = this.#options;
    const takes = this.#answer.take(chunk);
    if (guard?.blockedBy !== undefined) answered.attempt.cancel();
    if (!takes) onFull();
    return takes;
  }

  /** True where it goes on only with `review`. Throws `Failed` where nothing was said and nothing can be. */
  ended(over: 'ended' | Break): boolean {
    const { answered, parts, guard } = this.#options;
    const { attempt, place } = answered;
    place.leave();
    const isWell = (over === 'ended' || attempt.fault !== undefined) && this.#completed(attempt.fault);
    if (!isWell && over !== 'cancelled') place.state.report(place.target.id, true, parts.clock());
    if (guard?.blockedBy !== undefined) this.#blocked(new Blocked('answer', guard.blockedBy));
    else if (isWell && guard?.reviews(this.#isStream)) return true;
    this.#end(isWell ? 'finished' : endingOf(over === 'ended' ? 'reset' : over), isWell);
    return false;
  }

  /** Throws `Failed` where it must not pass. */
  async review(): Promise<void> {
    const { guard } = this.#options;
    if (guard) await this.#answer.review((body) => guard.review(body, this.#isStream));
    this.#end('finished', true);
  }

  /** In the middle of a stream, which has said so. */
  #blocked(blocked: Blocked): void {
    const { account, delivery } = this.#options;
    if (!delivery.hasBegun) throw blocked;
    const { status } = account;
    account.failedWith(blocked);
    account.status = status;
  }

  /** Whether what came is an answer to its end. */
  #completed(fault: unknown): boolean {
    try {
      if (fault !== undefined) throw fault;
      this.#answer.complete();
    } catch (error) {
      const { parts, call } = this.#options;
      parts.log.warn({ err: error, request_id: call.asker.requestId }, 'an upstream answered what cannot be read');
      return false;
    }
    const { isError, isComplete, usage } = this.#reader.seen();
    return !isError && (!this.#isStream || isComplete || usage !== undefined);
  }

  #answerOf(target: RouteTarget, type: string): Answer {
    const { speech, call, delivery, standing, guard } = this.#options;
    const isStream = this.#isStream;
    const translate = isStream ? undefined : speech.translatorFor(target);
    const headers = (): Fields => {
      const fields = Object.assign(call.takeOver(), standing);
      fields['content-type'] = translate ? 'application/json' : type;
      if (isStream) fields['x-accel-buffering'] = 'no';
      return fields;
    };
    const options = { delivery, headers, reader: this.#reader, trailers, isHeld: guard?.reviews(isStream) ?? false };
    if (!isStream) return new WholeAnswer(options, translate);
    const through = speech.throughFor(target);
    return new StreamedAnswer(options, guard ? guard.through(through) : through);
  }

  /** Where nothing was said yet, what went wrong can be said as everywhere; else only that the rest will not come. */
  #end(came: Ending, isWell: boolean): void {
    const { account, delivery, currency, call } = this.#options;
    account.endAs(came);
    const { ending } = account;
    if (ending === 'client-left') {
      account.status = statusClientLeft;
      delivery.cut();
      return;
    }
    const { cost } = account.settle();
    if (isWell || ending === 'blocked') {
      this.#answer.finish({ [costHeader]: `${cost} ${currency}` });
      return;
    }
    const failure =
      ending === 'process-killed' ? edgeFailure('ShuttingDown') : failureOf(ending === 'idle-timed-out' ? 'idle-timed-out' : 'reset');
    if (!delivery.hasBegun) throw new Failed(failure);
    account.error = failure.code;
    this.#answer.breakOff(failure.detail, call.frameOf(new Failed(failure)));
  }
}

/** As proxies note it: nobody was there to be answered. */
export const statusClientLeft = 499;
