import { type Log, untraced } from '@orrery/telemetry';
import { Redis } from 'ioredis';

export interface SharedRedisOptions {
  readonly url: string;
  readonly log: Log;
  /** The longest anybody waits for an answer. */
  readonly patienceMs?: number;
  /** By name: they are sent once, and then called by their hashes. */
  readonly scripts: Readonly<Record<string, string>>;
  /** What happens while it does not answer, for the log. */
  readonly meanwhile: string;
}

const usualPatienceMs = 50;
/** After a failure nobody asks for so long: a dead one must not cost every request its time-out. */
const restMs = 1_000;
const longestReconnectMs = 5_000;
const quietMs = 60_000;

type Script = (numberOfKeys: number, ...keysThenArguments: readonly (string | number | Buffer)[]) => Promise<unknown>;

/** Redis as requests may use it: it answers at once or not at all, and whoever asks can go on without. */
export class SharedRedis {
  readonly #redis: Redis;
  readonly #log: Log;
  readonly #meanwhile: string;
  #restUntil = 0;
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor({ url, log, patienceMs = usualPatienceMs, scripts, meanwhile }: SharedRedisOptions) {
    this.#log = log;
    this.#meanwhile = meanwhile;
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
    for (const [name, lua] of Object.entries(scripts)) this.#redis.defineCommand(name, { lua });
    this.#redis.on('error', (error: unknown) => this.complain(error));
    // Reconnects by itself from here on; a failure is said by the event above.
    this.#redis.connect().catch(() => undefined);
  }

  /** Whether nobody is asked just now. */
  get isAway(): boolean {
    return this.#redis.status !== 'ready' || performance.now() < this.#restUntil;
  }

  /** Undefined where there was no answer: then nobody knows whether the script ran. `fooBuffer` is `foo` whose texts come as bytes. */
  run(script: string, keys: readonly string[], given: readonly (string | number | Buffer)[]): Promise<unknown> {
    // `defineCommand` adds the method; its types cannot say so.
    const redis = this.#redis as Redis & Record<string, Script>;
    // Two of these are made for every request: their time is in its span.
    return this.#asked(() => {
      this.#gather();
      return untraced(() => redis[script]?.(keys.length, ...keys, ...given));
    });
  }

  /** Some of the keys of this form, and where to go on; it begins and ends at `0`. */
  keys(pattern: string, cursor: string): Promise<readonly [string, readonly string[]] | undefined> {
    return this.#asked(() => this.#redis.scan(cursor, 'MATCH', pattern, 'COUNT', 500));
  }

  close(): void {
    this.#redis.disconnect();
  }

  /** What is asked before the loop has turned goes out in one write: each by itself costs the kernel more than all of it costs us. */
  #gather(): void {
    const { stream } = this.#redis;
    if (stream.writableCorked > 0) return;
    stream.cork();
    setImmediate(() => stream.uncork());
  }

  /** One promise beside the driver's own: this is on the way of every request. */
  #asked<T>(ask: () => Promise<T> | undefined): Promise<T | undefined> {
    const asked = this.isAway ? undefined : ask();
    if (asked === undefined) return Promise.resolve(undefined);
    return asked.then(undefined, (error: unknown) => {
      this.rest(error);
      return undefined;
    });
  }

  /** Nobody asks it for a while. */
  rest(error: unknown): void {
    this.#restUntil = performance.now() + restMs;
    this.complain(error);
  }

  /** Of something that went wrong with it, as far as that was not said a moment ago. */
  complain(error: unknown): void {
    const now = performance.now();
    if (now - this.#saidAt < quietMs) return;
    this.#saidAt = now;
    this.#log.warn({ err: error }, `Redis (ORRERY_REDIS_URL) does not answer; ${this.#meanwhile}`);
  }
}
