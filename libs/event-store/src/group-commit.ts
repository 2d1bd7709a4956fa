import pg from 'pg';
import { BatchWriter } from './batch.ts';
import { CommitLane } from './commit-lane.ts';
import { conflictOf, isPassing, isUnitsFault } from './conflict.ts';
import { Overloaded, VersionConflict } from './errors.ts';
import type { Step } from './pipeline.ts';
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
/** Fewer than this are not worth a second transaction beside the first. */
const fairShare = 16;

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
  private readonly idle: CommitLane[];
  private waiting: Waiting[] = [];
  private waitingSize = 0;
  private readonly busyKeys = new Set<string>();
  private readonly running = new Set<Promise<void>>();
  private scheduled = false;
  private closed = false;

  constructor(options: GroupCommitOptions) {
    this.options = options;
    this.idle = Array.from({ length: options.lanes }, () => new CommitLane(options.pool));
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
    for (const lane of this.idle) lane.close();
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
    for (let lane = this.idle.pop(); lane; lane = this.idle.pop()) {
      const batch = this.take();
      if (batch.length === 0) {
        this.idle.push(lane);
        return;
      }
      this.begin(batch, lane);
    }
  }

  private begin(batch: readonly Waiting[], lane: CommitLane): void {
    const run = this.runBatch(batch, lane).finally(() => {
      this.running.delete(run);
      this.idle.push(lane);
      for (const { prepared } of batch) for (const key of prepared.keys) this.busyKeys.delete(key);
      this.pump();
    });
    this.running.add(run);
  }

  /**
   * The oldest units that touch nothing another unit of the batch, or of a batch under way, touches. Not more than this lane's share:
   * while one lane waits for the disk, the others are encoded, sent and executed.
   */
  private take(): readonly Waiting[] {
    const share = Math.max(fairShare, Math.ceil(this.waiting.length / (this.idle.length + 1)));
    const most = Math.min(maxBatch, share);
    const batch: Waiting[] = [];
    const passedOver: Waiting[] = [];
    let size = 0;
    let seen = 0;
    for (const entry of this.waiting) {
      if (batch.length >= most || size >= maxBatchSize) break;
      seen += 1;
      const { keys } = entry.prepared;
      if (keys.some((key) => this.busyKeys.has(key))) passedOver.push(entry);
      else {
        for (const key of keys) this.busyKeys.add(key);
        batch.push(entry);
        size += entry.prepared.size;
      }
    }
    this.waiting = passedOver.concat(this.waiting.slice(seen));
    this.waitingSize -= size;
    return batch;
  }

  private async runBatch(batch: readonly Waiting[], lane: CommitLane): Promise<void> {
    try {
      await lane.run(this.stepsOf(batch));
    } catch (error) {
      await this.afterFailure(batch, lane, error);
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

  private async afterFailure(batch: readonly Waiting[], lane: CommitLane, error: unknown): Promise<void> {
    const [only, ...others] = batch;
    if (only && others.length === 0) return await this.fail(only, error);
    if (!(isUnitsFault(error) || isPassing(error) || error instanceof Unwritable)) {
      for (const { reject } of batch) reject(error);
      return;
    }
    const middle = Math.ceil(batch.length / 2);
    await this.runBatch(batch.slice(0, middle), lane);
    await this.runBatch(batch.slice(middle), lane);
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
