import type { Place, Recorded } from '@orrery/kernel';
import { type Log, metrics } from '@orrery/telemetry';
import type { NatsConnection } from 'nats';
import { type AuditReport, audit, type Mark, type Missing } from './audit.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { EventStore } from './event-store.ts';
import type { Locks } from './locks.ts';
import type { LogPublisher } from './log-publisher.ts';
import { PublishRefused } from './relay-publish.ts';
import { streamErrors } from './streams.ts';
import { logStreamOf } from './subjects.ts';

/** The checkpoint up to which log and stream were compared. */
const auditCheckpoint = 'relay-audit';

export interface WatchOptions {
  readonly store: Pick<EventStore, 'service' | 'registry' | 'pool' | 'clock' | 'readLog'>;
  readonly nats: NatsConnection;
  readonly log: Log;
  readonly locks: Locks;
  readonly signal: AbortSignal;
  readonly auditEveryMs: number;
}

const healAtOnce = 200;
/** So many refusals in a row of a store that has lost its files are no hiccup. */
const brokenAfter = 3;

/** What the active relay does besides publishing: compares log and stream now and then, and mends what it finds. */
export class RelayWatch {
  private readonly options: WatchOptions;
  private auditAt: number;
  private running: Promise<void> | undefined;
  private missing: readonly Missing[] = [];
  private mark: Mark | undefined;
  private deleted = 0;
  private storeFailures = 0;
  /** Counts up when findings lose their worth. */
  private findings = 0;

  constructor(options: WatchOptions) {
    this.options = options;
    this.auditAt = performance.now() + options.auditEveryMs;
  }

  /** Starts an audit when it is time; it runs beside the relay. */
  tick(): void {
    if (this.running || performance.now() < this.auditAt) return;
    this.auditAt = performance.now() + this.options.auditEveryMs;
    const { log, store } = this.options;
    this.running = this.look()
      .catch((err: unknown) => log.warn({ err, service: store.service }, 'the audit failed; the next one looks at the same'))
      .finally(() => {
        this.running = undefined;
      });
  }

  async settled(): Promise<void> {
    await this.running;
  }

  /** Drops what was found, and what an audit under way will find: the relay itself publishes again from before that. */
  forget(): void {
    this.missing = [];
    this.findings += 1;
  }

  /** Publishes some of what was missing; false when nothing is. */
  async heal(publisher: LogPublisher, tail: Place, signal: AbortSignal): Promise<boolean> {
    const some = this.missing.slice(0, healAtOnce);
    if (some.length === 0) return false;
    const events = await this.eventsOf(some);
    const { failure } = await publisher.again(events, { tail, firstSequence: 1, missing: true }, signal);
    if (failure) throw failure;
    this.missing = this.missing.slice(some.length);
    return true;
  }

  /**
   * The error to fail with. A store whose files were deleted under the running server refuses for ever: then the stream is
   * made anew, which loses nothing, since it is transport and the log will fill it.
   */
  async explain(failure: PublishRefused): Promise<Error> {
    const { nats, log, store } = this.options;
    const gone = failure.code === streamErrors.storeFailed && failure.message.includes('no such file');
    this.storeFailures = gone ? this.storeFailures + 1 : 0;
    if (this.storeFailures < brokenAfter) return failure;
    this.storeFailures = 0;
    const stream = logStreamOf(store.service);
    log.error({ err: failure, stream }, 'JetStream has lost the files of the stream: making it anew');
    const jsm = await nats.jetstreamManager();
    await jsm.streams.delete(stream);
    return failure;
  }

  private async look(): Promise<void> {
    const { store, nats, log, locks, signal } = this.options;
    const { findings } = this;
    const from = await readCheckpoint(locks, auditCheckpoint);
    let report = await audit({ store, nats, signal, ...(from ? { from, mark: this.mark } : {}) });
    const isOther = this.mark !== undefined && this.mark.created !== report.mark.created;
    // Made anew, or deleted from in the middle: anything that the stream should hold may be gone.
    if (isOther || report.deleted > this.deleted) report = await audit({ store, nats, signal });
    if (findings !== this.findings) return;
    this.conclude(report);
    if (report.missing.length > 0) {
      log.error({ missing: report.missing.length, checked: report.checked }, 'the stream lacks events of the log: publishing them again');
    }
    if (!signal.aborted) await writeCheckpoint(locks, auditCheckpoint, report.through);
  }

  private conclude({ missing, mark, deleted }: AuditReport): void {
    const { service } = this.options.store;
    this.missing = [...this.missing, ...missing];
    this.mark = mark;
    this.deleted = deleted;
    metrics.auditMissing.record(missing.length, { service });
  }

  private async eventsOf(missing: readonly Missing[]): Promise<readonly Recorded[]> {
    const events: Recorded[] = [];
    for (const { place } of missing) {
      const [event] = await this.options.store.readLog({ transaction: place.transaction, position: place.position - 1n }, 1);
      if (event) events.push(event);
    }
    return events;
  }
}
