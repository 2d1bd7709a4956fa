import type { KV, KvEntry } from 'nats';
import { z } from 'zod';
import { bucketState, checkedKey, completeKey, isTombstone, managerOf, openBucket, readBucket, type SnapshotContract } from './bucket.ts';
import type { Bus } from './bus.ts';
import type { Line } from './line.ts';

export interface PublishOptions<S extends z.ZodType> {
  readonly snapshot: SnapshotContract<S>;
  /** The truth, read again whenever the bucket may lack something. */
  readonly all: () => Promise<Iterable<readonly [string, z.output<S>]>>;
  readonly onFault: (error: unknown) => void;
  /** How often to look whether the bucket is still the one that was filled. */
  readonly auditMs?: number;
}

const readMs = 30_000;
const atOnce = 64;
const tombstoneMs = 3_600_000;
const pause = { least: 250, spread: 500 };

/** Keeps a bucket equal to its owner's truth: at once where the owner says what changed, and by comparison after every loss. */
export class SnapshotPublisher<S extends z.ZodType> {
  readonly #line: Line;
  readonly #options: PublishOptions<S>;
  readonly #timer: NodeJS.Timeout;
  readonly #offUp: () => void;
  #kv: KV | undefined;
  #created: string | undefined;
  #healing: Promise<void> | undefined;
  #isStale = true;
  #isClosed = false;

  constructor(bus: Bus, options: PublishOptions<S>) {
    this.#line = bus.line;
    this.#options = options;
    this.#timer = setInterval(() => void this.#audit(), options.auditMs ?? 5_000);
    this.#offUp = bus.line.link.onUp(() => this.#heal());
  }

  /** True where the bucket holds all that the owner knows, as far as the owner has heard. */
  get isComplete(): boolean {
    return !this.#isStale && !this.#healing;
  }

  /** Publishes a change that is already committed. What cannot be written now is written when the bus is back. */
  async put(key: string, value: z.output<S>): Promise<void> {
    const text = this.#encoded(value);
    await this.#attempt((kv) => kv.put(checkedKey(key), text));
  }

  async remove(key: string): Promise<void> {
    await this.#attempt((kv) => kv.delete(checkedKey(key)));
  }

  /** Resolves when the bucket holds everything, however long that takes; until closed. */
  async fill(): Promise<void> {
    this.#heal();
    await this.#healing;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#offUp();
    await this.#healing;
  }

  #encoded(value: z.output<S>): string {
    return JSON.stringify(z.encode(this.#options.snapshot.value, value));
  }

  async #attempt(write: (kv: KV) => Promise<unknown>): Promise<void> {
    // While it is filled from the truth, that which is committed is read anyway; written besides, so that it is seen at once.
    const kv = this.#kv;
    if (!kv || !this.#line.link.isUp) return this.#heal();
    try {
      await write(kv);
    } catch (error) {
      this.#options.onFault(error);
      this.#heal();
    }
  }

  async #audit(): Promise<void> {
    if (this.#healing || this.#isClosed || !this.#line.link.isUp) return;
    try {
      const state = await bucketState(this.#line, this.#options.snapshot.bucket);
      if (state?.created !== this.#created) this.#heal();
    } catch (error) {
      this.#options.onFault(error);
    }
  }

  #heal(): void {
    this.#isStale = true;
    if (this.#healing || this.#isClosed) return;
    this.#healing = this.#healUntilDone().finally(() => {
      this.#healing = undefined;
    });
  }

  async #healUntilDone(): Promise<void> {
    while (this.#isStale && !this.#isClosed) {
      if (!(await this.#line.link.whenUp(pause.spread))) {
        if (this.#line.link.isClosed) return;
        continue;
      }
      this.#isStale = false;
      try {
        await this.#reconcile();
      } catch (error) {
        this.#isStale = true;
        if (this.#line.link.isUp) this.#options.onFault(error);
        await new Promise((resolve) => setTimeout(resolve, pause.least + Math.random() * pause.spread));
      }
    }
  }

  /**
   * The bucket is read before the truth, and written only where it is still as it was read: a change that the owner
   * publishes meanwhile is newer than both, and stays.
   */
  async #reconcile(): Promise<void> {
    const { bucket } = this.#options.snapshot;
    const kv = await openBucket(this.#line, bucket, false);
    const state = await bucketState(this.#line, bucket);
    const held = await readBucket(kv, readMs);
    this.#kv = kv;
    const writes: (() => Promise<unknown>)[] = [];
    const wanted = new Set([completeKey]);
    for (const [key, value] of await this.#options.all()) {
      wanted.add(checkedKey(key));
      const text = this.#encoded(value);
      const entry = held.get(key);
      if (!entry) writes.push(() => kv.put(key, text, { previousSeq: 0 }));
      else if (isTombstone(entry) || entry.string() !== text) writes.push(() => kv.put(key, text, { previousSeq: entry.revision }));
    }
    for (const [key, entry] of held) {
      if (!wanted.has(key) && !isTombstone(entry)) writes.push(() => kv.delete(key, { previousSeq: entry.revision }));
    }
    await inParallel(writes.map((write) => () => unlessNewer(write())));
    if (!held.has(completeKey)) await kv.put(completeKey, JSON.stringify({ at: new Date().toISOString() }));
    this.#created = state?.created;
    await this.#prune(held);
  }

  /** What was removed leaves a mark, so that watchers hear of it; after an hour everybody has. */
  async #prune(held: ReadonlyMap<string, KvEntry>): Promise<void> {
    const { bucket } = this.#options.snapshot;
    const old = [...held.values()].filter((entry) => isTombstone(entry) && Date.now() - entry.created.getTime() > tombstoneMs);
    if (old.length === 0) return;
    const manager = await managerOf(this.#line);
    const prunes = old.map(({ key, revision }) => async () => {
      await manager.streams.purge(`KV_${bucket}`, { filter: `$KV.${bucket}.${key}`, seq: revision + 1 });
    });
    await inParallel(prunes);
  }
}

const inParallel = async (work: readonly (() => Promise<void>)[]): Promise<void> => {
  const left = work.values();
  const worker = async (): Promise<void> => {
    for (const task of left) await task();
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
};

/** JetStream's word for "the key has changed since you looked". */
const wrongLastSequence = 10_071;

const unlessNewer = async (write: Promise<unknown>): Promise<void> => {
  try {
    await write;
  } catch (error) {
    const { api_error: answer } = error as { api_error?: { err_code?: number } };
    if (answer?.err_code !== wrongLastSequence) throw error;
  }
};

/** Begins to publish; the bucket may be filled later, when the bus or the truth can be reached. */
export const publishSnapshot = <S extends z.ZodType>(bus: Bus, options: PublishOptions<S>): SnapshotPublisher<S> => {
  const publisher = new SnapshotPublisher(bus, options);
  void publisher.fill();
  return publisher;
};
