import { createHash, randomUUID } from 'node:crypto';
import { actorOf } from '@orrery/contracts';
import { pause } from '@orrery/kernel';
import { metrics } from '@orrery/telemetry';
import { type EdgeRefusal, edgeFailure, Failed } from '../../failure.ts';
import type { Question } from '../forward/question.ts';
import type { Asker } from '../run/record.ts';
import { costHeader } from '../run/told-headers.ts';
import { fingerprintOf } from './fingerprint.ts';
import { type KeptAnswer, unpacked } from './kept.ts';
import { Once, type OnceSettings, type ReplayParts } from './once.ts';
import type { Claim, Place } from './shelf.ts';
import { Waiting } from './waiting.ts';

export interface KeyedSettings extends OnceSettings {
  /** How long somebody waits for the answer to the same request that is under way already. */
  readonly waitMs: number;
  /** How many may; of an organization as many as of any other, where that is too many. */
  readonly waiters: number;
}

export interface KeyedOptions extends ReplayParts {
  readonly settings: KeyedSettings;
}

const firstLookMs = 100;
const longestLookMs = 1_000;
const soon = { 'retry-after': '1' };
const never = { 'x-should-retry': 'false' };

/** The same key of another caller, or for another route, is another request. */
const placeOf = (key: string, orgId: string, { caller: { principal, spaceId }, route }: Asker): Place => {
  const text = [actorOf(principal), spaceId ?? '', route, key].join('\n');
  return { kind: 'once', orgId, name: createHash('sha256').update(text).digest('base64url') };
};

const refused = (code: EdgeRefusal, headers: Readonly<Record<string, string>>): Failed => new Failed(edgeFailure(code, { headers }));

/** Requests that are to be made once, by the key that their client gave them. */
export class Keyed {
  readonly #options: KeyedOptions;
  readonly #over = new AbortController();
  readonly #waiting: Waiting;

  constructor(options: KeyedOptions) {
    this.#options = options;
    this.#waiting = new Waiting(options.settings.waiters);
  }

  /** The answer that was given before; or whoever may make the request now. Throws `Failed` where neither can be. `gone`: nobody waits for it any more. */
  async claim(key: string, asked: { asker: Asker; question: Question; gone: AbortSignal }): Promise<KeptAnswer | Once | undefined> {
    const { asker, question, gone } = asked;
    const { orgId } = asker.caller;
    // Nobody who is in no organization is let in.
    if (orgId === undefined) return undefined;
    const { shelf, settings } = this.#options;
    const signal = AbortSignal.any([gone, this.#over.signal]);
    const place = placeOf(key, orgId, asker);
    const print = fingerprintOf(question);
    const holder = randomUUID();
    const claim = (): Promise<Claim | undefined> => shelf.claim(place, { print, holder, leaseMs: settings.leaseMs });
    const claimed = await this.#patiently(claim, { orgId, signal });
    if (claimed.kind === 'mine') return new Once({ ...this.#options, place, print, holder, signal: this.#over.signal });
    if (claimed.kind === 'kept') return await this.#again(claimed);
    metrics.keyedRequests.add(1, { outcome: claimed.kind });
    throw claimed.kind === 'other' ? refused('IdempotencyKeyReused', never) : refused('IdempotencyKeyInUse', soon);
  }

  stop(): void {
    this.#over.abort();
  }

  async #patiently(claim: () => Promise<Claim | undefined>, { orgId, signal }: { orgId: string; signal: AbortSignal }): Promise<Claim> {
    const { clock, settings } = this.#options;
    const until = clock() + settings.waitMs;
    this.#waiting.enter(orgId);
    try {
      for (let ms = firstLookMs; ; ms = Math.min(2 * ms, longestLookMs)) {
        const claimed = await claim();
        if (claimed === undefined) {
          metrics.keyedRequests.add(1, { outcome: 'unknown' });
          throw refused('IdempotencyUnavailable', soon);
        }
        const isHopeless = this.#waiting.isOneTooMany(orgId) || clock() + ms > until || signal.aborted;
        if (claimed.kind !== 'busy' || isHopeless) return claimed;
        await pause(ms * (0.5 + this.#options.random() / 2), signal);
      }
    } finally {
      this.#waiting.leave(orgId);
    }
  }

  async #again(packed: { head: Buffer; body: Buffer }): Promise<KeptAnswer> {
    const kept = await unpacked(packed);
    metrics.keyedRequests.add(1, { outcome: kept.kind });
    if (kept.kind === 'answer') return kept;
    if (kept.kind === 'spent') throw refused('AnswerNotKept', never);
    const { failure } = kept;
    throw new Failed({ ...failure, headers: { ...failure.headers, ...replayed, ...never } });
  }
}

/** Says that nothing was done for this answer: it was given before. */
export const replayed = { 'idempotent-replayed': 'true', [costHeader]: '0' };
