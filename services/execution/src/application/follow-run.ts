import { execution, instantOf } from '@orrery/contracts';
import { Bell } from '@orrery/kernel';
import type { LogEntry, LogStore } from '@orrery/telemetry-store';
import type { NatsConnection } from 'nats';
import { type OutputPlace, outputOrder } from '../domain/output-order.ts';
import { runStream } from '../domain/run/run-facts.ts';
import type { RunRow } from '../views/run-list.view.ts';
import type { RunReader } from '../views/run-reader.ts';
import type { AttemptOwners } from './attempt-owners.ts';
import { readOutput } from './output.ingest.ts';
import type { RunWatch } from './run-watch.ts';

export interface FollowParts {
  readonly nats: NatsConnection;
  readonly logs: LogStore;
  readonly reader: RunReader;
  readonly owners: AttemptOwners;
  readonly watch: RunWatch;
}

const pageSize = 500;
/** Nothing is missed for longer than this, whatever notice was lost. */
const lookEveryMs = 1_000;
/** How soon the store is asked again for what should be there and is not, or came to the bus just before we listened. */
const soonMs = 100;
/** How often the store is asked at last, where all seems well: what is heard live can be lost. */
const storeEveryMs = 2_000;
/** How long output that was announced, or is missing between others, is waited for. */
const lateMs = 5_000;

type Items = AsyncGenerator<execution.RunOutputItem>;

/** One reader of one run: what the store has, then what comes, until the run has ended and all of it was given out. */
export class FollowedRun {
  private readonly parts: FollowParts;
  private readonly runId: execution.RunId;
  private readonly signal: AbortSignal;
  private readonly order;
  private readonly bell = new Bell();
  private row: RunRow;
  private isRowOld = false;
  private lookedAt = performance.now();
  private told: string | undefined;
  /** The status in which the store was last read to its end. */
  private readAs: execution.RunStatus | undefined;
  private lateSince: number | undefined;
  private restMs = soonMs;
  private readAt = Number.NEGATIVE_INFINITY;

  constructor(parts: FollowParts, row: RunRow, options: { readonly after: OutputPlace; readonly signal: AbortSignal }) {
    this.parts = parts;
    this.runId = row.id;
    this.row = row;
    this.signal = options.signal;
    this.order = outputOrder(options.after);
  }

  /** Live output is heard before the store is read, so that nothing falls between the two. */
  async *items(): Items {
    const release = this.listen();
    try {
      while (!this.signal.aborted) {
        yield* this.statusItems();
        if (this.needsStore()) yield* this.stored();
        yield* this.order.take().map(outputItem);
        if (this.isOver && !this.isWaiting) break;
        if (this.isLate()) {
          if (!this.order.hasGap()) break;
          yield* this.order.skip().map(outputItem);
          continue;
        }
        await this.bell.wait(this.isWaiting ? soonMs : Math.min(lookEveryMs, this.restMs), this.signal);
        await this.look();
      }
      if (!this.signal.aborted) yield endedItem(this.row);
    } finally {
      release();
    }
  }

  private get isOver(): boolean {
    return execution.terminalStatuses.includes(this.row.status);
  }

  /** Something should have been given out, and has not come. */
  private get isWaiting(): boolean {
    if (this.order.hasGap()) return true;
    const { attempt, seq } = this.order.place();
    return this.isOver && this.row.lastSeq > 0 && (attempt < this.row.attempt || (attempt === this.row.attempt && seq < this.row.lastSeq));
  }

  private isLate(): boolean {
    if (!this.isWaiting) this.lateSince = undefined;
    else this.lateSince ??= performance.now();
    const isLate = this.lateSince !== undefined && performance.now() - this.lateSince > lateMs;
    if (isLate) this.lateSince = undefined;
    return isLate;
  }

  /** At the beginning, at the end, while something is missing, and now and then. */
  private needsStore(): boolean {
    const isDue = performance.now() - this.readAt >= this.restMs;
    return isDue || this.isWaiting || (this.isOver && this.readAs !== this.row.status);
  }

  private async *stored(): Items {
    const { status } = this.row;
    this.restMs = this.readAs === undefined ? soonMs : Math.min(storeEveryMs, this.restMs * 2);
    for (;;) {
      const { attempt: part, seq } = this.order.place();
      const entries = await this.parts.logs.tail(runStream(this.runId), { part, seq }, pageSize);
      yield* this.order.stored(entries.map((entry) => chunkOf(this.runId, entry))).map(outputItem);
      if (entries.length < pageSize || this.signal.aborted) break;
    }
    this.readAs = status;
    this.readAt = performance.now();
  }

  private *statusItems(): Generator<execution.RunOutputItem> {
    const { status, waiting, preempted, submittedAt, placedAt, startedAt } = this.row;
    const news = `${status} ${waiting?.reason ?? ''} ${preempted?.at ?? ''}`;
    if (news === this.told) return;
    this.told = news;
    if (!this.isOver) yield { kind: 'status', status, waiting, preempted, at: startedAt ?? placedAt ?? waiting?.since ?? submittedAt };
  }

  private async look(): Promise<void> {
    const isDue = this.isRowOld || performance.now() - this.lookedAt >= lookEveryMs;
    if (this.isOver || !isDue || this.signal.aborted) return;
    this.isRowOld = false;
    this.lookedAt = performance.now();
    this.row = (await this.parts.reader.row(this.runId, this.row.orgId)) ?? this.row;
  }

  private listen(): () => void {
    const { nats, watch } = this.parts;
    const subscription = nats.subscribe(`tele.output.*.${this.runId}`, {
      callback: (error, message) => {
        // What cannot be taken here is found in the store.
        if (!error) void this.hear(message).catch(() => this.bell.ring());
      },
    });
    const unwatch = watch.watch(runStream(this.runId), () => {
      this.isRowOld = true;
      this.bell.ring();
    });
    return () => {
      unwatch();
      subscription.unsubscribe();
    };
  }

  /** Only the machine that has the attempt is believed. */
  private async hear(message: { readonly subject: string; readonly data: Uint8Array }): Promise<void> {
    const { owners } = this.parts;
    const { workerId, chunks } = readOutput(message) ?? { workerId: '', chunks: [] };
    if (await owners.removals.hasLately(workerId)) return;
    if (chunks.some(({ attempt }) => !owners.ofAttempt(this.runId, attempt))) await owners.learn([this.runId]);
    for (const chunk of chunks) if (owners.ofAttempt(this.runId, chunk.attempt)?.workerId === workerId) this.order.offer(chunk);
    this.bell.ring();
  }
}

const streams: readonly string[] = execution.OutputChunk.shape.stream.options;

const chunkOf = (runId: execution.RunId, { part: attempt, seq, at, channel, text }: LogEntry): execution.OutputChunk => {
  // What is no stream of output was put there by hand; it is shown as the system's.
  const stream = (streams.includes(channel) ? channel : 'system') as execution.OutputChunk['stream'];
  return { runId, attempt, seq, stream, at: instantOf(at), text };
};

const outputItem = ({ runId: _runId, ...chunk }: execution.OutputChunk): execution.RunOutputItem => ({ kind: 'output', ...chunk });

const endedItem = ({ status, exitCode, reason, message, endedAt, submittedAt }: RunRow): execution.RunOutputItem => ({
  kind: 'ended',
  status,
  exitCode,
  reason,
  message,
  at: endedAt ?? submittedAt,
});
