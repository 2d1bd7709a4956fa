import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { BatchWriter } from './batch.ts';
import { conflictOf, isPassing, isUnitsFault } from './conflict.ts';
import { Overloaded, VersionConflict } from './errors.ts';
import { runPipeline, type Step } from './pipeline.ts';
import type { Prepared } from './prepare.ts';

export interface GroupCommitOptions {
  readonly service: string;
  /** Connections of its own, one per transaction in flight. */
  readonly pool: pg.Pool;
  readonly lanes: number;
  /** Throws what a repeated unit deserves; it knows how to read what was kept. */
  readonly onRepeated: (unit: Prepared) => Promise<never>;
  readonly onCommitted: (events: number) => void;
  readonly maxWaiting: number;
}

interface Waiting {
  readonly prepared: Prepared;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const maxBatch = 512;
const maxBatchSize = 4_000_000;
const maxWaitingSize = 64_000_000;
const commitTimeoutMs = 15_000;
const maxPassingFailures = 3;

/** What a unit carries cannot be turned into text: its fault alone. */
class Unwritable extends Error {
  override readonly name = 'Unwritable';
}

const reasonOf = (error: unknown): unknown => {
  if (error instanceof Unwritable) return error.cause;
  // It repeats the row that was refused, which may tell of a person; errors end up in logs.
  if (error instanceof pg.DatabaseError) error.detail = undefined;
  return error;
};

/**
 * Commits units: at once when nothing is under way, else together with whatever else arrives while the lanes are busy. A unit
 * that conflicts fails alone; its batch is split until it stands by itself.
 */
export class GroupCommit {
  private readonly options: GroupCommitOptions;
  private readonly writer = new BatchWriter();
  private waiting: Waiting[] = [];
  private waitingSize = 0;
  private readonly busyKeys = new Set<string>();
  private readonly running = new Set<Promise<void>>();
  private scheduled = false;
  private closed = false;

  constructor(options: GroupCommitOptions) {
    this.options = options;
  }

  /** How many units wait for a lane. */
  get queued(): number {
    return this.waiting.length;
  }

  commit(prepared: Prepared): Promise<void> {
    if (this.closed) return Promise.reject(new Overloaded(`the log of ${this.options.service} is closing`));
    if (this.waiting.length >= this.options.maxWaiting || this.waitingSize > maxWaitingSize) {
      return Promise.reject(new Overloaded(`${this.waiting.length} appends wait for the log of ${this.options.service} already`));
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ prepared, resolve, reject });
      this.waitingSize += prepared.size;
      this.schedule();
    });
  }

  /** Takes no more, and waits for what it has. */
  async close(): Promise<void> {
    this.closed = true;
    while (this.running.size > 0 || this.waiting.length > 0) await Promise.all([...this.running, new Promise(setImmediate)]);
    await this.options.pool.end();
  }

  /** Once per turn, so that what arrives in one turn goes together. */
  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      this.pump();
    });
  }

  private pump(): void {
    while (this.running.size < this.options.lanes && this.waiting.length > 0) {
      const batch = this.take();
      if (batch.length === 0) return;
      const run = this.runBatch(batch).finally(() => {
        this.running.delete(run);
        for (const { prepared } of batch) for (const key of prepared.keys) this.busyKeys.delete(key);
        this.pump();
      });
      this.running.add(run);
    }
  }

  /** The oldest units that touch nothing another unit of the batch, or of a batch under way, touches. */
  private take(): readonly Waiting[] {
    const batch: Waiting[] = [];
    const left: Waiting[] = [];
    let size = 0;
    for (const entry of this.waiting) {
      const { keys } = entry.prepared;
      const isFull = batch.length >= maxBatch || size >= maxBatchSize;
      if (isFull || keys.some((key) => this.busyKeys.has(key))) left.push(entry);
      else {
        for (const key of keys) this.busyKeys.add(key);
        batch.push(entry);
        size += entry.prepared.size;
      }
    }
    this.waiting = left;
    this.waitingSize -= size;
    return batch;
  }

  private async runBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.transact(batch);
    } catch (error) {
      await this.afterFailure(batch, error);
      return;
    }
    let events = 0;
    for (const { prepared, resolve } of batch) {
      events += prepared.events.length;
      resolve();
    }
    this.failOutdated(batch);
    this.options.onCommitted(events);
  }

  private stepsOf(batch: readonly Waiting[]): readonly Step[] {
    try {
      return this.writer.steps(batch.map(({ prepared }) => prepared));
    } catch (cause) {
      throw new Unwritable('a unit cannot be written', { cause });
    }
  }

  private async transact(batch: readonly Waiting[]): Promise<void> {
    const steps = this.stepsOf(batch);
    for (let failures = 0; ; failures += 1) {
      const client = await this.options.pool.connect();
      try {
        await runPipeline(client, steps, commitTimeoutMs);
        client.release();
        return;
      } catch (error) {
        // After anything else the connection may be on its way out.
        client.release(!(isUnitsFault(error) || isPassing(error)));
        if (!isPassing(error) || failures >= maxPassingFailures) throw error;
        await pause(2 ** failures * (5 + Math.random() * 10));
      }
    }
  }

  private async afterFailure(batch: readonly Waiting[], error: unknown): Promise<void> {
    const [only, ...others] = batch;
    if (only && others.length === 0) return await this.fail(only, error);
    if (!(isUnitsFault(error) || isPassing(error) || error instanceof Unwritable)) {
      for (const { reject } of batch) reject(error);
      return;
    }
    const middle = Math.ceil(batch.length / 2);
    await this.runBatch(batch.slice(0, middle));
    await this.runBatch(batch.slice(middle));
  }

  private async fail({ prepared, reject }: Waiting, error: unknown): Promise<void> {
    const conflict = conflictOf(error, prepared.unit);
    if (conflict !== 'repeated') return reject(conflict ?? reasonOf(error));
    await this.options.onRepeated(prepared).catch(reject);
  }

  /** Who waits with an expectation that this batch has just overtaken need not ask the database. */
  private failOutdated(batch: readonly Waiting[]): void {
    if (this.waiting.length === 0) return;
    const versions = new Map<string, number>();
    for (const { prepared } of batch) for (const { stream, version } of prepared.facts) versions.set(stream, version);
    this.waiting = this.waiting.filter(({ prepared, reject }) => {
      // A repeated command deserves its answer, not a conflict: let the database tell.
      if (prepared.once) return true;
      const late = prepared.unit.appends.find(({ stream, expected }) => (versions.get(stream) ?? 0) > expected);
      if (!late) return true;
      this.waitingSize -= prepared.size;
      reject(new VersionConflict(late.stream, late.expected));
      return false;
    });
  }
}
