import type { KvEntry, QueuedIterator } from 'nats';
import type { z } from 'zod';
import { type BucketState, bucketState, completeKey, isTombstone, openBucket, parsedBy, type SnapshotContract } from './bucket.ts';
import type { Bus } from './bus.ts';
import type { Line } from './line.ts';
import { Shared } from './shared.ts';
import { withinMs } from './within-ms.ts';

export interface WatchOptions<S extends z.ZodType> {
  readonly snapshot: SnapshotContract<S>;
  readonly onFault: (error: unknown) => void;
  /** Told of each key whose value has come, changed or gone. */
  readonly onChange?: (key: string) => void;
  /** How often to compare with the bucket, in case an update was lost without a word. */
  readonly auditMs?: number;
}

const pause = { least: 100, spread: 300 };

/** A bucket in memory. Filled whole, then updated live; what it holds stays readable while the bus or the bucket is lost. */
export class SnapshotWatcher<S extends z.ZodType> {
  readonly #line: Line;
  readonly #options: WatchOptions<S>;
  #entries = new Map<string, z.output<S>>();
  #revision = 0;
  /** Of which bucket that is. */
  #created: string | undefined;
  #isClosed = false;
  #isReady = false;
  readonly #ahead: Shared<BucketState | undefined>;
  readonly #waiting = new Set<() => void>();
  #settleReady: () => void = () => undefined;
  #watch: QueuedIterator<KvEntry> | undefined;
  readonly #running: Promise<void>;
  readonly #offDown: () => void;
  /** Resolves when the bucket has been read whole for the first time. */
  readonly ready: Promise<void>;

  constructor(bus: Bus, options: WatchOptions<S>) {
    this.#line = bus.line;
    this.#options = options;
    this.#ahead = new Shared(() => bucketState(this.#line, options.snapshot.bucket));
    this.ready = new Promise((resolve) => {
      this.#settleReady = resolve;
    });
    this.#offDown = bus.line.link.onDown(() => this.#watch?.stop());
    this.#running = this.#run();
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** The place in the bucket up to which this is complete; starts again when the bucket was made anew. */
  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): z.output<S> | undefined {
    return this.#entries.get(key);
  }

  entries(): IterableIterator<[string, z.output<S>]> {
    return this.#entries.entries();
  }

  /**
   * Waits until everything is here that the bucket held when this was asked, at most so long, and says whether it is: whoever was
   * told that something is published finds it afterwards. Costs one question to the bus, however many ask at a time.
   */
  async caughtUp(ms: number): Promise<boolean> {
    const until = performance.now() + ms;
    const asked = this.#ahead.ask();
    // Without an answer, or a bucket, nobody can know: then time is all that helps.
    const ahead = (await withinMs(asked, ms)) ? await asked : undefined;
    const isHere = (): boolean =>
      ahead !== undefined && this.#isReady && this.#created === ahead.created && this.#revision >= ahead.lastSequence;
    return await this.#until(isHere, until - performance.now());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#moved();
    this.#offDown();
    this.#watch?.stop();
    await this.#running;
  }

  #until(isTrue: () => boolean, ms: number): Promise<boolean> {
    if (isTrue() || ms <= 0) return Promise.resolve(isTrue());
    return new Promise((resolve) => {
      const look = (): void => {
        if (isTrue() || this.#isClosed) finish();
      };
      const finish = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(isTrue());
      };
      const timer = setTimeout(finish, ms);
      this.#waiting.add(look);
    });
  }

  #moved(): void {
    for (const look of this.#waiting) look();
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      try {
        if (this.#line.link.isUp) await this.#follow();
      } catch (error) {
        this.#options.onFault(error);
      }
      if (!this.#isClosed) await new Promise((resolve) => setTimeout(resolve, pause.least + Math.random() * pause.spread));
    }
  }

  /** Follows the bucket until something is wrong with it. */
  async #follow(): Promise<void> {
    const { bucket } = this.#options.snapshot;
    const state = await bucketState(this.#line, bucket);
    if (!state) return;
    const kv = await openBucket(this.#line, bucket, true);
    const load = new Load(this.#options.snapshot.value, state, this.#options.onFault);
    const watch = await kv.watch({
      initializedFn: () => {
        load.isWhole = true;
        this.#adopt(load);
      },
    });
    this.#watch = watch;
    const timer = setInterval(() => void this.#audit(state.created, watch), this.#options.auditMs ?? 2_000);
    try {
      if (this.#isClosed || !this.#line.link.isUp) watch.stop();
      for await (const entry of watch) {
        load.apply(entry);
        if (load.entries !== this.#entries) this.#adopt(load);
        else {
          this.#revision = load.revision;
          if (entry.key !== completeKey) this.#options.onChange?.(entry.key);
          this.#moved();
        }
      }
    } finally {
      clearInterval(timer);
      watch.stop();
    }
  }

  /** From now on what was loaded is what is read, once it is known to be whole. */
  #adopt(load: Load<S>): void {
    if (!load.isWhole || !load.isComplete || load.entries === this.#entries) return;
    const before = this.#entries;
    this.#entries = load.entries;
    this.#revision = load.revision;
    this.#created = load.created;
    this.#isReady = true;
    this.#settleReady();
    for (const key of new Set([...before.keys(), ...load.entries.keys()])) this.#options.onChange?.(key);
    this.#moved();
  }

  async #audit(created: string, watch: QueuedIterator<KvEntry>): Promise<void> {
    try {
      const seen = this.#revision;
      const state = await bucketState(this.#line, this.#options.snapshot.bucket);
      const hasMissed = this.#isReady && state !== undefined && this.#revision === seen && state.lastSequence > seen;
      if (state?.created !== created || hasMissed) watch.stop();
    } catch (error) {
      if (this.#line.link.isUp) this.#options.onFault(error);
    }
  }
}

/** What one reading of a bucket has brought so far. */
class Load<S extends z.ZodType> {
  readonly entries = new Map<string, z.output<S>>();
  readonly #schema: S;
  readonly #onFault: (error: unknown) => void;
  readonly created: string;
  revision: number;
  isWhole = false;
  isComplete = false;

  constructor(schema: S, { created, lastSequence }: BucketState, onFault: (error: unknown) => void) {
    this.#schema = schema;
    this.#onFault = onFault;
    this.created = created;
    this.revision = lastSequence;
  }

  apply(entry: KvEntry): void {
    this.revision = Math.max(this.revision, entry.revision);
    if (entry.key === completeKey) this.isComplete = !isTombstone(entry);
    else this.#set(entry);
  }

  /** What does not fit its schema is left out: to know nothing is safer than to know something else. */
  #set(entry: KvEntry): void {
    const value = isTombstone(entry) ? undefined : parsedBy(this.#schema, entry);
    if (value !== undefined) this.entries.set(entry.key, value);
    else this.entries.delete(entry.key);
    if (value === undefined && !isTombstone(entry))
      this.#onFault(new TypeError(`the value of ${entry.key} in ${entry.bucket} does not fit its schema`));
  }
}

export const watchSnapshot = <S extends z.ZodType>(bus: Bus, options: WatchOptions<S>): SnapshotWatcher<S> =>
  new SnapshotWatcher(bus, options);
