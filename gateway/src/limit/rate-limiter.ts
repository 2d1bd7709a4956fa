import { type Log, metrics } from '@orrery/telemetry';
import { Redis } from 'ioredis';
import type { Buckets, LimitClass } from './buckets.ts';
import { gcraLua, readAnswer } from './gcra.lua.ts';
import { intervalOf, type Verdict } from './gcra.ts';
import { LocalLimiter } from './local-limiter.ts';
import { Refusals } from './refusals.ts';
import type { Ruling } from './ruling.ts';

export interface RateLimiterOptions {
  readonly url: string;
  readonly log: Log;
  /** The longest a request waits for Redis. */
  readonly patienceMs?: number;
}

const usualPatienceMs = 50;
/** After a failure nobody asks Redis for so long: a dead one must not cost every request its time-out. */
const restMs = 1_000;
const longestReconnectMs = 5_000;
const quietMs = 60_000;

interface Limiting {
  gcra(numberOfKeys: number, ...keysThenLimits: readonly (string | number)[]): Promise<readonly number[]>;
}

/** Judges each request in one round trip to Redis; by itself while Redis does not answer. It never fails and never waits long. */
export class RateLimiter {
  readonly #redis: Redis;
  readonly #log: Log;
  readonly #local = new LocalLimiter();
  readonly #refusals = new Refusals();
  #restUntil = 0;
  #toldAlone: boolean | undefined;
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor({ url, log, patienceMs = usualPatienceMs }: RateLimiterOptions) {
    this.#log = log;
    this.#redis = new Redis(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: patienceMs,
      connectTimeout: 2_000,
      // How long a closed connection keeps the process, by the driver's design.
      disconnectTimeout: 200,
      retryStrategy: (times) => Math.min(100 * 2 ** Math.min(times, 10), longestReconnectMs) * (0.75 + Math.random() / 2),
    });
    this.#redis.defineCommand('gcra', { lua: gcraLua });
    this.#redis.on('error', (error: unknown) => this.#complain(error));
    // Reconnects by itself from here on; a failure is said by the event above.
    this.#redis.connect().catch(() => undefined);
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

  /** Whether requests are judged by this process alone just now. */
  get isAlone(): boolean {
    return this.#redis.status !== 'ready' || performance.now() < this.#restUntil;
  }

  close(): void {
    this.#redis.disconnect();
  }

  async #ask(buckets: Buckets): Promise<readonly Verdict[] | undefined> {
    if (this.isAlone) return undefined;
    try {
      // `defineCommand` adds the method; its types cannot say so.
      const limiting = this.#redis as Redis & Limiting;
      const keys = buckets.map(({ key }) => `orrery:rate:${key}`);
      const limits = buckets.flatMap(({ limit }) => [intervalOf(limit), limit.burst]);
      const told = readAnswer(await limiting.gcra(keys.length, ...keys, ...limits));
      return told.buckets.map(({ remaining, waitMicros, resetMicros }) => ({
        isAllowed: waitMicros === 0,
        remaining,
        retryAfterMs: waitMicros / 1e3,
        resetMs: resetMicros / 1e3,
      }));
    } catch (error) {
      this.#restUntil = performance.now() + restMs;
      this.#complain(error);
      return undefined;
    }
  }

  #tell(isAlone: boolean): void {
    if (isAlone === this.#toldAlone) return;
    this.#toldAlone = isAlone;
    metrics.rateLimitAlone.record(isAlone ? 1 : 0, {});
  }

  #complain(error: unknown): void {
    const now = performance.now();
    if (now - this.#saidAt < quietMs) return;
    this.#saidAt = now;
    this.#log.warn({ err: error }, 'Redis (ORRERY_REDIS_URL) does not answer; this gateway limits by itself');
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
