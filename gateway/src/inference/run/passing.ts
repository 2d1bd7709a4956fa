import { edgeFailure, Failed } from '../../failure.ts';
import type { Forwarded } from '../forward/forwarding.ts';
import type { RouteTarget } from '../routing/route-table.ts';
import type { AnswerReader } from '../wire/answer-reader.ts';
import { type Answer, StreamedAnswer, WholeAnswer } from './answer.ts';
import type { Delivery, Headers } from './delivery.ts';
import { endingOf, failureOf } from './failures.ts';
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
    const { speech, account, parts } = this.#options;
    const type = String(head.headers['content-type'] ?? 'application/json');
    const isStream = type.startsWith('text/event-stream');
    const reader = speech.readerFor(place.target, isStream);
    account.count(reader);
    const answer = this.#answerOf(place.target, { type, isStream, reader });
    const over = await attempt.drain({ take: (chunk) => answer.take(chunk) || this.#full() }).finally(place.leave);
    const isWell = (over === 'ended' || attempt.fault !== undefined) && this.#completed(answer, reader, isStream, attempt.fault);
    if (!isWell && over !== 'cancelled') place.state.report(place.target.id, true, parts.clock());
    account.endAs(isWell ? 'finished' : endingOf(over === 'ended' ? 'reset' : over));
    this.#end(answer, isWell);
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
    const { speech, call, delivery, standing } = this.#options;
    const translate = isStream ? undefined : speech.translatorFor(target);
    const headers = (): Headers => ({
      ...call.takeOver(),
      ...standing,
      'content-type': translate ? 'application/json' : type,
      ...(isStream ? { 'x-accel-buffering': 'no' } : {}),
    });
    const options = { delivery, headers, reader, trailers: [costHeader] };
    return isStream ? new StreamedAnswer(options, speech.throughFor(target)) : new WholeAnswer(options, translate);
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
    if (isWell) {
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
