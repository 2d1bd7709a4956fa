import type { ServerResponse } from 'node:http';
import { edgeFailure, Failed } from '../../failure.ts';
import type { Reserved } from '../accounting/estimate.ts';
import type { Ending } from '../accounting/outcomes.ts';
import type { Offer } from '../admission/offer.ts';
import type { Attempt } from '../forward/attempt.ts';
import { type Forwarded, Forwarding } from '../forward/forwarding.ts';
import { beginningOf, type Question } from '../forward/question.ts';
import type { Held } from '../limits/reservations.ts';
import type { RouteTarget, Way } from '../routing/route-table.ts';
import type { AnswerReader } from '../wire/answer-reader.ts';
import { type Answer, StreamedAnswer, WholeAnswer } from './answer.ts';
import { endingOf, failureOf, refusalOf } from './failures.ts';
import type { Asker } from './record.ts';
import { RunAccount } from './run-account.ts';
import type { RunParts } from './run-parts.ts';
import { Speech, speaksFor } from './speech.ts';
import { waysTo } from './ways.ts';

export interface RunCall {
  readonly asker: Asker;
  readonly question: Question;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly traceparent: string | undefined;
  readonly response: ServerResponse;
  /** From here on the answer is written by the run; gives the headers that the server set. */
  readonly takeOver: () => Readonly<Record<string, string | string[] | number | undefined>>;
  /** How this API says, in the middle of a stream, that the rest will not come. */
  readonly frameOf: (failure: Failed) => Buffer;
}

const costHeader = 'x-orrery-cost';
const statusClientLeft = 499;
const retrySoon = { 'retry-after': '1' };

/**
 * One request that costs money, from the offer to the settlement. Whatever comes of it, what was reserved is settled once; there is no other way
 * from a route to an upstream.
 */
export class RequestRun {
  readonly #parts: RunParts;
  readonly #call: RunCall;
  readonly #offer: Offer;
  readonly #reserved: Reserved;
  readonly #account: RunAccount;
  #forwarding: Forwarding | undefined;
  #attempt: Attempt | undefined;
  #ending: Ending | undefined;
  /** How the caller stands with the limits. */
  #standing: Readonly<Record<string, string>> = {};
  #stalled: NodeJS.Timeout | undefined;

  /** Throws `Failed` where there is no offer. */
  constructor(parts: RunParts, call: RunCall) {
    const { asker, question } = call;
    const offer = parts.admission.offer(asker.caller, question.model);
    if ('refused' in offer) throw new Failed(offer.refused);
    this.#parts = parts;
    this.#call = call;
    this.#offer = offer;
    this.#reserved = offer.tokensFor({ ...question, input: question.promptTokens, output: question.maxOutput });
    this.#account = new RunAccount({ asker, offer, reserved: this.#reserved, isStreaming: question.isStream, clock: parts.clock });
  }

  /** Throws `Failed` where nothing was answered; resolves when everything about the request has ended, and its settlement is safe. */
  async go(): Promise<void> {
    const { book } = this.#parts;
    if (!book.hasRoom) throw new Failed(edgeFailure('UsageUntold', { headers: retrySoon }));
    const ways = this.#ways();
    const held = await this.#reserve();
    try {
      await this.#forward(ways);
    } catch (error) {
      this.#account.status = error instanceof Failed ? error.failure.status : 500;
      this.#account.error = error instanceof Failed ? error.failure.code : 'Fault';
      throw error;
    } finally {
      this.#attempt?.cancel();
      await book.settled(held, this.#account.told(this.#account.settle(this.#ending ?? 'upstream-failed')));
    }
  }

  /** The client waits no more. */
  leave(): void {
    this.#stop('client-left');
  }

  /** This process waits no more. */
  cut(): void {
    this.#stop('process-killed');
  }

  /** The client takes again. */
  resume(): void {
    clearTimeout(this.#stalled);
    this.#attempt?.resume();
  }

  #stop(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.#forwarding?.cancel();
    this.#attempt?.cancel();
  }

  #ways(): readonly Way[] {
    const { question, asker } = this.#call;
    const ways = waysTo(this.#parts.table, [question.model, ...this.#offer.model.names], asker.client);
    if (ways.length > 0) return ways;
    throw new Failed(edgeFailure('ModelUnavailable', { headers: retrySoon }));
  }

  async #reserve(): Promise<Held> {
    const { book, clock } = this.#parts;
    const reservation = this.#offer.reservationFor(this.#call.asker.requestId, this.#reserved, this.#account.startedAt);
    const { answer, held } = await book.reserve(reservation, () => this.#account.ifLost());
    if (held === undefined) throw new Failed(this.#offer.refusalOf(reservation, answer, clock()));
    this.#standing = this.#offer.headersOf(reservation, answer, clock());
    return held;
  }

  async #forward(ways: readonly Way[]): Promise<void> {
    const speech = this.#speech();
    const forwarding = this.#forwardingTo(ways, speech);
    this.#forwarding = forwarding;
    this.#castShadow(ways, speech);
    const forwarded: Forwarded = this.#ending === undefined ? await forwarding.begin() : { kind: 'failed', why: 'cancelled' };
    if (this.#ending !== undefined) return this.#nobodyWaits(forwarded);
    if (forwarded.kind === 'answered') return await this.#pass(forwarded, speech);
    if (forwarded.kind === 'failed') {
      this.#ending = endingOf(forwarded.why);
      throw new Failed(failureOf(forwarded.why));
    }
    this.#ending = 'upstream-failed';
    const { head, target } = forwarded;
    throw refusalOf(head, speech.complaintIn(head.refusal ?? Buffer.alloc(0), target), this.#parts.clock());
  }

  #forwardingTo(ways: readonly Way[], speech: Speech): Forwarding {
    const { upstreams, clock, random, settings } = this.#parts;
    const [first] = ways;
    return new Forwarding({
      upstreams,
      ways,
      messageFor: (target) => speech.messageFor(target),
      stickyKey: first?.route.isSticky ? beginningOf(this.#call.question) : undefined,
      deadline: this.#account.startedAt + settings.deadlineMs,
      queueMs: settings.queueMs,
      // A fallback serves another model: what that costs is paid.
      onTarget: ({ upstream: { name } }, way) =>
        this.#account.toward(
          name,
          this.#offer.pricesAt({ upstream: name, ...(way === first ? {} : { model: way.route.models[0] ?? '' }) }),
        ),
      onSent: () => this.#account.tell({ type: 'sent' }),
      onRetry: () => this.#account.tell({ type: 'retried' }),
      clock,
      random,
    });
  }

  #castShadow([first]: readonly Way[], speech: Speech): void {
    const { shadows, random, clock } = this.#parts;
    const shadow = first?.shadow;
    if (shadow === undefined || random() * 100 >= shadow.percent || !speaksFor(this.#call.asker.client, shadow.target)) return;
    shadows.cast(shadow.target, (target) => speech.messageFor(target), clock());
  }

  #speech(): Speech {
    const { question, asker, headers, traceparent } = this.#call;
    const maxOutput = Math.max(1, Math.floor(this.#reserved.output / question.choices));
    const { startedAt } = this.#account;
    return new Speech({ question, client: asker.client, requestId: asker.requestId, startedAt, maxOutput, headers, traceparent });
  }

  #nobodyWaits(forwarded: Forwarded): void {
    if (forwarded.kind === 'answered') {
      forwarded.attempt.cancel();
      forwarded.place.leave();
    }
    if (this.#ending === 'process-killed') throw new Failed(edgeFailure('ShuttingDown', { headers: retrySoon }));
    this.#account.status = statusClientLeft;
  }

  async #pass({ attempt, head, place }: Extract<Forwarded, { kind: 'answered' }>, speech: Speech): Promise<void> {
    this.#attempt = attempt;
    const type = String(head.headers['content-type'] ?? 'application/json');
    const isStream = type.startsWith('text/event-stream');
    const reader = speech.readerFor(place.target, isStream);
    this.#account.count(reader);
    const answer = this.#answerTo(place.target, speech, { type, isStream, reader });
    const over = await attempt.drain({ take: (chunk) => answer.take(chunk) || this.#wait() }).finally(place.leave);
    clearTimeout(this.#stalled);
    const isWell = (over === 'ended' || attempt.fault !== undefined) && this.#completed(answer, reader, isStream, attempt.fault);
    if (!isWell && over !== 'cancelled') place.state.report(place.target.id, true, this.#parts.clock());
    this.#ending ??= isWell ? 'finished' : endingOf(over === 'ended' ? 'reset' : over);
    this.#end(answer, isWell);
  }

  /** The client takes nothing for now; for long it may not. */
  #wait(): false {
    clearTimeout(this.#stalled);
    this.#stalled = setTimeout(() => this.leave(), this.#parts.settings.stallMs);
    return false;
  }

  /** Whether what came is an answer to its end. */
  #completed(answer: Answer, reader: AnswerReader, isStream: boolean, fault: unknown): boolean {
    try {
      if (fault !== undefined) throw fault;
      answer.complete();
    } catch (error) {
      this.#parts.log.warn({ err: error, request_id: this.#call.asker.requestId }, 'an upstream answered what cannot be read');
      return false;
    }
    const { isError, isComplete, usage } = reader.seen();
    return !isError && (!isStream || isComplete || usage !== undefined);
  }

  #answerTo(target: RouteTarget, speech: Speech, of: { type: string; isStream: boolean; reader: AnswerReader }): Answer {
    const { response, takeOver } = this.#call;
    const { type, isStream, reader } = of;
    const translate = isStream ? undefined : speech.translatorFor(target);
    const headers = (): Record<string, string | string[] | number | undefined> => ({
      ...takeOver(),
      ...this.#standing,
      'content-type': translate ? 'application/json' : type,
      ...(isStream ? { 'x-accel-buffering': 'no' } : {}),
    });
    const options = { response, headers, reader, trailers: [costHeader] };
    return isStream ? new StreamedAnswer(options, speech.throughFor(target)) : new WholeAnswer(options, translate);
  }

  /** Where nothing was said yet, what went wrong can be said as everywhere; else only that the rest will not come. */
  #end(answer: Answer, isWell: boolean): void {
    if (this.#ending === 'client-left') {
      this.#account.status = statusClientLeft;
      this.#call.response.destroy();
      return;
    }
    const { cost } = this.#account.settle(this.#ending ?? 'upstream-failed');
    if (isWell) answer.finish({ [costHeader]: `${cost} ${this.#offer.currency}` });
    if (isWell) return;
    const isCut = this.#ending === 'process-killed';
    const failure = isCut ? edgeFailure('ShuttingDown') : failureOf(this.#ending === 'idle-timed-out' ? 'idle-timed-out' : 'reset');
    if (!answer.hasBegun) throw new Failed(failure);
    this.#account.error = failure.code;
    answer.breakOff(failure.detail, this.#call.frameOf(new Failed(failure)));
  }
}
