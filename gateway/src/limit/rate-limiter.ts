import { type Log, metrics } from '@orrery/telemetry';
import type { Buckets, LimitClass } from './buckets.ts';
import { gcraLua, readAnswer } from './gcra.lua.ts';
import { intervalOf, type Verdict } from './gcra.ts';
import { LocalLimiter } from './local-limiter.ts';
import { Refusals } from './refusals.ts';
import type { Ruling } from './ruling.ts';
import { SharedRedis } from './shared-redis.ts';

export interface RateLimiterOptions {
  readonly url: string;
  readonly log: Log;
  /** The longest a request waits for Redis. */
  readonly patienceMs?: number;
}

/** Judges each request in one round trip to Redis; by itself while Redis does not answer. It never fails and never waits long. */
export class RateLimiter {
  readonly #redis: SharedRedis;
  readonly #local = new LocalLimiter();
  readonly #refusals = new Refusals();
  #toldAlone: boolean | undefined;

  constructor({ url, log, patienceMs }: RateLimiterOptions) {
    this.#redis = new SharedRedis({
      url,
      log,
      ...(patienceMs === undefined ? {} : { patienceMs }),
      scripts: { gcra: gcraLua },
      meanwhile: 'this gateway limits by itself',
    });
  }

  /** One request before all its buckets: all take it, or none does. */
  async judge(kind: LimitClass, buckets: Buckets): Promise<Ruling> {
    const known = this.#refusals.find(buckets, Date.now());
    if (known) return counted(kind, 'memory', known);
    const shared = await this.#ask(buckets);
    const now = Date.now();
    const ruling = rulingOf(buckets, shared ?? this.#local.judge(buckets, now).verdicts);
    this.#tell(shared === undefined);
    return counted(kind, shared ? 'redis' : 'local', ruling.isAllowed ? ruling : this.#refusals.note(ruling, now));
  }

  /** Whether anybody was refused lately at all. */
  get refusesNobody(): boolean {
    return this.#refusals.isEmpty;
  }

  /** Of buckets that were found to refuse, and do so still, as far as this process knows. */
  refusing(buckets: Buckets): Ruling | undefined {
    return this.#refusals.find(buckets, Date.now());
  }

  /** Whether requests are judged by this process alone just now. */
  get isAlone(): boolean {
    return this.#redis.isAway;
  }

  close(): void {
    this.#redis.close();
  }

  async #ask(buckets: Buckets): Promise<readonly Verdict[] | undefined> {
    const keys = buckets.map(({ key }) => `orrery:rate:${key}`);
    const limits = buckets.flatMap(({ limit }) => [intervalOf(limit), limit.burst]);
    const answer = await this.#redis.run('gcra', keys, limits);
    if (answer === undefined) return undefined;
    // The script answers numbers and nothing else.
    return readAnswer(answer as readonly number[]).buckets.map(({ remaining, waitMicros, resetMicros }) => ({
      isAllowed: waitMicros === 0,
      remaining,
      retryAfterMs: waitMicros / 1e3,
      resetMs: resetMicros / 1e3,
    }));
  }

  #tell(isAlone: boolean): void {
    if (isAlone === this.#toldAlone) return;
    this.#toldAlone = isAlone;
    metrics.rateLimitAlone.record(isAlone ? 1 : 0, {});
  }
}

const counted = (kind: LimitClass, by: 'redis' | 'local' | 'memory', ruling: Ruling): Ruling => {
  const { isAllowed, bucket } = ruling;
  metrics.rateLimited.add(1, { class: kind, by, outcome: isAllowed ? 'allowed' : 'limited', bucket: isAllowed ? 'none' : bucket.of });
  return ruling;
};

const isTighter = (one: Verdict, other: Verdict): boolean =>
  one.retryAfterMs === other.retryAfterMs ? one.remaining < other.remaining : one.retryAfterMs > other.retryAfterMs;

const rulingOf = (buckets: Buckets, verdicts: readonly Verdict[]): Ruling => {
  const stands = buckets.flatMap((bucket, index) => {
    const verdict = verdicts[index];
    return verdict ? [{ bucket, verdict }] : [];
  });
  const [first, ...others] = stands;
  if (first === undefined || stands.length !== buckets.length) throw new RangeError(`${buckets.length} buckets, ${stands.length} verdicts`);
  const tightest = others.reduce((tight, next) => (isTighter(next.verdict, tight.verdict) ? next : tight), first);
  return { isAllowed: stands.every(({ verdict }) => verdict.isAllowed), ...tightest };
};
