import { edgeFailure, Failed } from '../../failure.ts';
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

type Answered = Extract<Forwarded, { kind: 'answered' }>;

export interface PassingOptions {
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

/** How the answer of an upstream becomes what the client is given, from its first byte to its last. */
export class Passing {
  readonly #options: PassingOptions;

  constructor(options: PassingOptions) {
    this.#options = options;
  }

  /** Throws `Failed` where nothing was said and nothing can be. */
  async pass({ attempt, head, place }: Answered): Promise<void> {
    const { speech, account, parts, guard } = this.#options;
    const type = String(head.headers['content-type'] ?? 'application/json');
    const isStream = type.startsWith('text/event-stream');
    const reader = speech.readerFor(place.target, isStream);
    account.count(reader);
    const answer = this.#answerOf(place.target, { type, isStream, reader });
    const take = (chunk: Buffer): boolean => {
      const takes = answer.take(chunk);
      if (guard?.blockedBy !== undefined) attempt.cancel();
      return takes || this.#full();
    };
    const over = await attempt.drain({ take }).finally(place.leave);
    const isWell = (over === 'ended' || attempt.fault !== undefined) && this.#completed(answer, reader, isStream, attempt.fault);
    if (!isWell && over !== 'cancelled') place.state.report(place.target.id, true, parts.clock());
    if (guard?.blockedBy !== undefined) this.#blocked(new Blocked('answer', guard.blockedBy));
    else if (guard && isWell) await this.#review(answer, guard, isStream);
    account.endAs(isWell ? 'finished' : endingOf(over === 'ended' ? 'reset' : over));
    this.#end(answer, isWell);
  }

  /** Throws `Failed` where it must not pass. */
  async #review(answer: Answer, guard: AnswerGuard, isStream: boolean): Promise<void> {
    if (guard.reviews(isStream)) await answer.review((body) => guard.review(body, isStream));
  }

  /** In the middle of a stream, which has said so. */
  #blocked(blocked: Blocked): void {
    const { account, delivery } = this.#options;
    if (!delivery.hasBegun) throw blocked;
    const { status } = account;
    account.failedWith(blocked);
    account.status = status;
  }

  #full(): false {
    this.#options.onFull();
    return false;
  }

  /** Whether what came is an answer to its end. */
  #completed(answer: Answer, reader: AnswerReader, isStream: boolean, fault: unknown): boolean {
    try {
      if (fault !== undefined) throw fault;
      answer.complete();
    } catch (error) {
      const { parts, call } = this.#options;
      parts.log.warn({ err: error, request_id: call.asker.requestId }, 'an upstream answered what cannot be read');
      return false;
    }
    const { isError, isComplete, usage } = reader.seen();
    return !isError && (!isStream || isComplete || usage !== undefined);
  }

  #answerOf(target: RouteTarget, { type, isStream, reader }: { type: string; isStream: boolean; reader: AnswerReader }): Answer {
    const { speech, call, delivery, standing, guard } = this.#options;
    const translate = isStream ? undefined : speech.translatorFor(target);
    const headers = (): Fields => {
      const fields = Object.assign(call.takeOver(), standing);
      fields['content-type'] = translate ? 'application/json' : type;
      if (isStream) fields['x-accel-buffering'] = 'no';
      return fields;
    };
    const options = { delivery, headers, reader, trailers: [costHeader], isHeld: guard?.reviews(isStream) ?? false };
    if (!isStream) return new WholeAnswer(options, translate);
    const through = speech.throughFor(target);
    return new StreamedAnswer(options, guard ? guard.through(through) : through);
  }

  /** Where nothing was said yet, what went wrong can be said as everywhere; else only that the rest will not come. */
  #end(answer: Answer, isWell: boolean): void {
    const { account, delivery, currency, call } = this.#options;
    const { ending } = account;
    if (ending === 'client-left') {
      account.status = statusClientLeft;
      delivery.cut();
      return;
    }
    const { cost } = account.settle();
    if (isWell || ending === 'blocked') {
      answer.finish({ [costHeader]: `${cost} ${currency}` });
      return;
    }
    const failure =
      ending === 'process-killed' ? edgeFailure('ShuttingDown') : failureOf(ending === 'idle-timed-out' ? 'idle-timed-out' : 'reset');
    if (!delivery.hasBegun) throw new Failed(failure);
    account.error = failure.code;
    answer.breakOff(failure.detail, call.frameOf(new Failed(failure)));
  }
}

/** As proxies note it: nobody was there to be answered. */
export const statusClientLeft = 499;
