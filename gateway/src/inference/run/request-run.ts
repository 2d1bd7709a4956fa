import { edgeFailure, Failed } from '../../failure.ts';
import type { SetAside } from '../accounting/estimate.ts';
import type { Ending } from '../accounting/outcomes.ts';
import type { Offer } from '../admission/offer.ts';
import type { Attempt } from '../forward/attempt.ts';
import type { Forwarded, Forwarding } from '../forward/forwarding.ts';
import type { RunGuard } from '../guardrails/run-guard.ts';
import type { Reservation } from '../limits/meters.ts';
import type { Decided, Held } from '../limits/reservations.ts';
import { play } from '../replay/play.ts';
import { type CachePage, cacheHeader } from '../replay/response-cache.ts';
import type { Way } from '../routing/route-table.ts';
import { observeCall } from '../telemetry/observe-call.ts';
import { Delivery, type Headers } from './delivery.ts';
import { endingOf, failureOf, refusalOf } from './failures.ts';
import { guarded, guardOf } from './guard-of.ts';
import { type Answered, Passing, statusClientLeft } from './passing.ts';
import { RunAccount } from './run-account.ts';
import type { RunCall } from './run-call.ts';
import type { RunParts } from './run-parts.ts';
import type { Speech } from './speech.ts';
import { costHeader } from './told-headers.ts';
import { castShadow, forwardingOf, servedBy, speechOf, waysOf } from './way-there.ts';

const retrySoon = { 'retry-after': '1' };

/**
 * One request that costs money, from the offer to the settlement. Whatever comes of it, what was reserved is settled once; there is no other way
 * from a route to an upstream.
 */
export class RequestRun {
  readonly #parts: RunParts;
  #call: RunCall;
  readonly #offer: Offer;
  readonly #reserved: SetAside;
  readonly #account: RunAccount;
  readonly #guard: RunGuard;
  readonly #delivery: Delivery;
  #forwarding: Forwarding | undefined;
  #attempt: Attempt | undefined;
  /** How the caller stands with the limits. */
  #standing: Headers = {};
  #stalled: NodeJS.Timeout | undefined;
  #left: NodeJS.Timeout | undefined;
  /** Where its answer lies for whoever asks the same. */
  #page: CachePage | undefined;

  /** Throws `Failed` where there is no offer. */
  constructor(parts: RunParts, call: RunCall) {
    const { asker, question, response, taps } = call;
    const offer = parts.admission.offer(asker.caller, question.model);
    if ('refused' in offer) throw new Failed(offer.refused);
    this.#parts = parts;
    this.#call = call;
    this.#offer = offer;
    const { promptTokens: input, mostPromptTokens: mostInput, maxOutput: output, choices, prompts } = question;
    this.#reserved = offer.tokensFor({ input, mostInput, output, choices, prompts });
    this.#account = new RunAccount({ asker, offer, reserved: this.#reserved, isStreaming: question.isStream, clock: parts.clock });
    this.#guard = guardOf(parts, call, offer);
    this.#delivery = new Delivery(response, taps);
  }

  /** Throws `Failed` where nothing was answered; resolves when everything about the request has ended, and its settlement is safe. */
  async go(): Promise<void> {
    const { book } = this.#parts;
    if (!book.hasRoom) throw new Failed(edgeFailure('UsageUntold', { headers: retrySoon }));
    const ways = waysOf(this.#parts, this.#call, this.#offer);
    const reservation = this.#reservation(ways);
    const held = this.#letIn(reservation, await book.reserve(reservation, () => this.#account.ifLost()));
    let failed: Failed | undefined;
    try {
      if (this.#guard.reads) this.#call = await guarded(this.#guard, this.#call);
      const page = this.#pageOf();
      if (page === undefined || !(await this.#answeredBefore(page))) await this.#forward(ways);
    } catch (error) {
      if (error instanceof Failed) failed = error;
      this.#account.failedWith(error);
      this.#call.announce({ [costHeader]: `${this.#account.settle().cost} ${this.#offer.currency}` });
      throw error;
    } finally {
      this.#attempt?.cancel();
      clearTimeout(this.#left);
      this.#delivery.close();
      await this.#settle(held, failed);
    }
  }

  async #settle(held: Held, failed: Failed | undefined): Promise<void> {
    const settlement = this.#account.settle();
    const told = this.#account.told(settlement);
    const { once, question, span } = this.#call;
    try {
      // Before the request's own span ends, below which it is told. Whatever becomes of that, the money is settled.
      observeCall({ record: told.record, question, span });
    } finally {
      try {
        if (once) await once.settling(settlement, failed);
      } finally {
        try {
          await this.#parts.book.settled(held, told);
        } finally {
          void this.#page?.close(settlement);
        }
      }
    }
  }

  #pageOf(): CachePage | undefined {
    const { orgId, model } = this.#offer;
    const { guardrails } = this.#guard;
    return this.#parts.cache.pageFor(this.#call, { orgId, modelId: model.modelId, guardrails });
  }

  /** Where the organization wishes it and the same was answered before, that is given: it costs nothing. */
  async #answeredBefore(page: CachePage): Promise<boolean> {
    const { currency } = this.#offer;
    const found = await page.find();
    if (this.#account.ending !== undefined) return false;
    if (found === undefined) {
      this.#page = page;
      this.#delivery.listen(page.recording);
      this.#standing = { ...this.#standing, [cacheHeader]: 'miss' };
      return false;
    }
    this.#account.endAs('cache-hit');
    const { answer, ageSeconds } = found;
    const cost = { [cacheHeader]: 'hit', age: String(ageSeconds), [costHeader]: `0 ${currency}` };
    const headers = Object.assign(this.#call.takeOver(), this.#standing, cost);
    await play(this.#delivery, answer, { headers, stallMs: this.#parts.settings.stallMs });
    return true;
  }

  /** The client waits no more. What is made once, and was sent, goes on for a while: the client may come back for it. */
  leave(): void {
    const { once } = this.#call;
    const goesOn = once?.outlivesClient === true && this.#account.isSent && this.#account.ending === undefined;
    const stop = (): void => this.#stop('client-left');
    if (once === undefined || !goesOn) {
      stop();
      return;
    }
    if (this.#left !== undefined) return;
    this.#left = setTimeout(stop, this.#parts.settings.afterLeavingMs);
    once.onPointless = stop;
    this.#delivery.leave();
    this.resume();
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
    if (this.#account.ending !== undefined) return;
    this.#account.endAs(ending);
    this.#forwarding?.cancel();
    this.#attempt?.cancel();
  }

  #reservation(ways: readonly Way[]): Reservation {
    const reservation = this.#offer.reservationFor({
      requestId: this.#call.asker.requestId,
      tokens: this.#reserved,
      served: servedBy(ways),
      now: this.#account.startedAt,
    });
    this.#guard.refuseCost(reservation.cost, this.#offer.currency);
    this.#call.onReserving();
    return reservation;
  }

  /** Throws `Failed` where it is not. */
  #letIn(reservation: Reservation, { answer, held }: Decided): Held {
    const now = this.#parts.clock();
    if (held === undefined) throw new Failed(this.#offer.refusalOf(reservation, answer, now));
    this.#standing = this.#offer.headersOf(reservation, answer, now);
    return held;
  }

  async #forward(ways: readonly Way[]): Promise<void> {
    const account = this.#account;
    const speech = speechOf({ call: this.#call, offer: this.#offer, account, reserved: this.#reserved });
    const setting = { parts: this.#parts, call: this.#call, offer: this.#offer, account, ways, speech };
    const forwarding = forwardingOf(setting);
    this.#forwarding = forwarding;
    castShadow(setting);
    const forwarded: Forwarded = account.ending === undefined ? await forwarding.begin() : { kind: 'failed', why: 'cancelled' };
    if (account.ending !== undefined) return this.#nobodyWaits(forwarded);
    if (forwarded.kind === 'answered') {
      try {
        const passing = this.#passing(forwarded, speech);
        if (passing.ended(await passing.drain())) await passing.review();
      } finally {
        forwarded.place.leave();
        clearTimeout(this.#stalled);
      }
      return;
    }
    if (forwarded.kind === 'failed') {
      account.endAs(endingOf(forwarded.why));
      throw new Failed(failureOf(forwarded.why));
    }
    account.endAs('upstream-failed');
    const { head, target } = forwarded;
    throw refusalOf(head, speech.complaintIn(head.refusal ?? Buffer.alloc(0), target), this.#parts.clock());
  }

  #nobodyWaits(forwarded: Forwarded): void {
    if (forwarded.kind === 'answered') {
      forwarded.attempt.cancel();
      forwarded.place.leave();
    }
    if (this.#account.ending === 'process-killed') throw new Failed(edgeFailure('ShuttingDown', { headers: retrySoon }));
    this.#account.status = statusClientLeft;
  }

  #passing(answered: Answered, speech: Speech): Passing {
    this.#attempt = answered.attempt;
    return new Passing({
      answered,
      parts: this.#parts,
      call: this.#call,
      speech,
      account: this.#account,
      delivery: this.#delivery,
      standing: this.#standing,
      currency: this.#offer.currency,
      guard: this.#guard.answer(),
      onFull: () => this.#wait(),
    });
  }

  /** The client takes nothing for now; for long it may not. */
  #wait(): void {
    clearTimeout(this.#stalled);
    this.#stalled = setTimeout(() => this.leave(), this.#parts.settings.stallMs);
  }
}
