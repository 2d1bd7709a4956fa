import { createHash } from 'node:crypto';
import type { inference, Principal } from '@orrery/contracts';
import { type Log, metrics } from '@orrery/telemetry';
import type { Settlement } from '../accounting/request-account.ts';
import type { RunCall } from '../run/run-call.ts';
import type { OrgSettings } from '../settings/org-settings.ts';
import { fingerprintOf } from './fingerprint.ts';
import { type KeptAnswer, packedAnswer, unpacked } from './kept.ts';
import { contentHeaders, Recording } from './recording.ts';
import type { Room } from './room.ts';
import type { Place, Shelf } from './shelf.ts';

export interface CacheOptions {
  readonly shelf: Shelf;
  readonly room: Room;
  readonly orgSettings: OrgSettings;
  readonly log: Log;
  readonly clock: () => number;
  /** The longest answer that is kept. */
  readonly mostBytes: number;
}

/** With which a client asks for the cache or declines it, and hears what came of it. */
export const cacheHeader = 'x-orrery-cache';
/** Of these model servers hear, and answer as they say. */
const heard = ['anthropic-version', 'anthropic-beta'];

/** For how many seconds; undefined: not at all. Whatever a client says but `use`, it means that it wants a new answer. */
export const secondsOf = (policy: inference.CachePolicy, wish: string | readonly string[] | undefined): number | undefined => {
  if (policy.policy === 'off') return undefined;
  const isWished = wish === 'use' || (wish === undefined && policy.policy === 'always');
  return isWished ? policy.seconds : undefined;
};

/** Whoever judges answers over HTTP is told whose key asks: what was let pass for one was not for another. */
export const judgedKeyOf = (guardrails: readonly inference.Guardrail[], principal: Principal): string | null => {
  const isJudged = guardrails.some((guardrail) => guardrail.kind === 'http' && guardrail.stages.includes('answer'));
  return isJudged && principal.kind === 'key' ? principal.id : null;
};

/** What an answer depends on beside what was asked. */
export interface Answering {
  readonly orgId: string;
  /** Of whoever is served under the name now. */
  readonly modelId: string;
  /** Those that hold for this request: not every key has the same. */
  readonly guardrails: readonly inference.Guardrail[];
}

/** Answers that may be given again to whoever asks the same in the same organization. */
export class ResponseCache {
  readonly #options: CacheOptions;

  constructor(options: CacheOptions) {
    this.#options = options;
  }

  /** Undefined where this request neither wants one that was given nor gives one. */
  pageFor(call: RunCall, { orgId, modelId, guardrails }: Answering): CachePage | undefined {
    const seconds = secondsOf(this.#options.orgSettings.of(orgId).cache, call.headers[cacheHeader]);
    if (seconds === undefined) return undefined;
    const { asker, question, headers } = call;
    // An answer that passed other guardrails is another answer.
    const judgedKey = judgedKeyOf(guardrails, asker.caller.principal);
    const about = [modelId, asker.client, ...heard.map((name) => headers[name] ?? null), guardrails, judgedKey, fingerprintOf(question)];
    const name = createHash('sha256').update(JSON.stringify(about)).digest('base64url');
    return new CachePage(this.#options, { kind: 'cache', orgId, name }, seconds);
  }
}

/** Where the answer to one request lies, or is to lie. */
export class CachePage {
  readonly #options: CacheOptions;
  readonly #place: Place;
  readonly #seconds: number;
  readonly recording: Recording;

  constructor(options: CacheOptions, place: Place, seconds: number) {
    this.#options = options;
    this.#place = place;
    this.#seconds = seconds;
    this.recording = new Recording({ headers: contentHeaders, room: options.room, most: options.mostBytes });
  }

  /** Undefined where there is none, or none can be read. */
  async find(): Promise<{ readonly answer: KeptAnswer; readonly ageSeconds: number } | undefined> {
    const answer = await this.#kept();
    // Its time may have been cut since.
    const ageSeconds = answer && Math.max(0, Math.floor((this.#options.clock() - answer.keptAt) / 1_000));
    const isFresh = ageSeconds !== undefined && ageSeconds < this.#seconds;
    metrics.cachedAnswers.add(1, { outcome: isFresh ? 'hit' : 'miss' });
    return isFresh && answer ? { answer, ageSeconds } : undefined;
  }

  /** What was whole and well is kept; after everything, and nobody waits for it. */
  async close({ outcome }: Settlement): Promise<void> {
    const { shelf, clock, log } = this.#options;
    try {
      const { recorded } = this.recording;
      if (outcome !== 'finished' || !recorded?.isWhole || recorded.status !== 200) return;
      const packed = await packedAnswer(recorded, clock());
      await shelf.keep(this.#place, { print: '', holder: '', packed, keepMs: this.#seconds * 1_000 });
      metrics.cachedAnswers.add(1, { outcome: 'kept' });
    } catch (err) {
      log.warn({ err }, 'an answer could not be kept in the cache');
    } finally {
      this.recording.close();
    }
  }

  async #kept(): Promise<KeptAnswer | undefined> {
    const { shelf, log } = this.#options;
    const packed = await shelf.find(this.#place);
    if (packed === undefined) return undefined;
    try {
      const kept = await unpacked(packed);
      return kept.kind === 'answer' ? kept : undefined;
    } catch (err) {
      log.warn({ err }, 'an answer in the cache cannot be read');
      return undefined;
    }
  }
}
