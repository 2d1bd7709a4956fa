import { type Log, metrics } from '@orrery/telemetry';
import { Redis } from 'ioredis';
import { gcraLua } from './gcra.lua.ts';
import { intervalOf, type Limit, type Verdict } from './gcra.ts';
import { LocalLimiter } from './local-limiter.ts';

/** What kind of request: each has a limit of its own. */
export type LimitClass = 'login' | 'read' | 'write' | 'stream' | 'anonymous';
export type Limits = Readonly<Record<LimitClass, Limit>>;

export interface RateLimiterOptions {
  readonly url: string;
  readonly limits: Limits;
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
  gcra(key: string, intervalMicros: number, burst: number): Promise<[number, number, number, number]>;
}

/** Judges each request in one round trip to Redis; by itself while Redis does not answer. It never fails and never waits long. */
export class RateLimiter {
  readonly #redis: Redis;
  readonly #limits: Limits;
  readonly #log: Log;
  readonly #local = new LocalLimiter();
  #restUntil = 0;
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor({ url, limits, log, patienceMs = usualPatienceMs }: RateLimiterOptions) {
    this.#limits = limits;
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
    this.#redis.defineCommand('gcra', { numberOfKeys: 1, lua: gcraLua });
    this.#redis.on('error', (error: unknown) => this.#complain(error));
    // Reconnects by itself from here on; a failure is said by the event above.
    this.#redis.connect().catch(() => undefined);
  }

  /** `caller` is who is limited: a principal, or an address where there is none. */
  async judge(kind: LimitClass, caller: string): Promise<Verdict> {
    const limit = this.#limits[kind];
    const key = `orrery:rate:{${caller}}:${kind}`;
    const shared = await this.#ask(key, limit);
    const verdict = shared ?? this.#local.judge(key, limit, Date.now());
    const labels = { class: kind, by: shared ? 'redis' : 'local', outcome: verdict.isAllowed ? 'allowed' : 'limited' };
    metrics.rateLimited.add(1, labels);
    return verdict;
  }

  limitOf(kind: LimitClass): Limit {
    return this.#limits[kind];
  }

  close(): void {
    this.#redis.disconnect();
  }

  async #ask(key: string, limit: Limit): Promise<Verdict | undefined> {
    if (this.#redis.status !== 'ready' || performance.now() < this.#restUntil) return undefined;
    try {
      // `defineCommand` adds the method; its types cannot say so.
      const limiting = this.#redis as Redis & Limiting;
      const [allowed, remaining, retryAfter, reset] = await limiting.gcra(key, intervalOf(limit), limit.burst);
      return { isAllowed: allowed === 1, remaining, retryAfterMs: retryAfter / 1e3, resetMs: reset / 1e3 };
    } catch (error) {
      this.#restUntil = performance.now() + restMs;
      this.#complain(error);
      return undefined;
    }
  }

  #complain(error: unknown): void {
    const now = performance.now();
    if (now - this.#saidAt < quietMs) return;
    this.#saidAt = now;
    this.#log.warn({ err: error }, 'Redis (ORRERY_REDIS_URL) does not answer; this gateway limits by itself');
  }
}

/** As `draft-ietf-httpapi-ratelimit-headers` had them, which clients read. */
export const rateLimitHeaders = ({ remaining, resetMs }: Verdict, { burst }: Limit): Readonly<Record<string, string>> => ({
  'ratelimit-limit': String(burst),
  'ratelimit-remaining': String(Math.max(0, remaining)),
  'ratelimit-reset': String(Math.ceil(resetMs / 1e3)),
});
