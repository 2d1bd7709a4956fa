import { randomUUID } from 'node:crypto';
import { inference } from '@orrery/contracts';
import { type BackOff, Bell, pause, pauseOf } from '@orrery/kernel';
import type { Bus } from '@orrery/messaging';
import { type Log, metrics } from '@orrery/telemetry';
import type { Reservations } from '../limits/reservations.ts';

/** A record on its way. */
export interface Untold {
  readonly orgId: string;
  readonly requestId: string;
  readonly text: string;
  /** It lies in Redis as well, until it is told. */
  readonly isKept: boolean;
}

export interface UsagePublisherOptions {
  readonly bus: Bus;
  readonly reservations: Pick<Reservations, 'forget'>;
  readonly log: Log;
}

/** What waits so long is told together. */
const lingerMs = 50;
const ackMs = 5_000;
const backOff: BackOff = { firstMs: 100, longestMs: 5_000 };
const { subject, recordsAtOnce } = inference.usageTransport;
/** In characters: even of three bytes each they fit into a message. */
const mostText = 250_000;
/** Records in memory; of more, those that lie in Redis are left there, for whoever looks for them. */
const mostQueued = 10_000;
/** Records that a gateway may have put into Redis since JetStream took one: about 100 MB. */
const mostKept = 100_000;
const stopMs = 5_000;

interface Batch {
  /** The same as often as it is sent: JetStream takes it once. */
  readonly id: string;
  readonly records: readonly Untold[];
}

/** Tells JetStream what requests came to, many at once, and has Redis forget what was taken. */
export class UsagePublisher {
  readonly #options: UsagePublisherOptions;
  readonly #bell = new Bell();
  readonly #over = new AbortController();
  readonly #running: Promise<void>;
  #queue: Untold[] = [];
  #batch: Batch | undefined;
  readonly #waiting = new Set<string>();
  #unkept = 0;
  #keptSince = 0;
  /** Since it was counted last. */
  #noted = { kept: 0, memory: 0 };

  constructor(options: UsagePublisherOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** False where neither Redis nor JetStream would take much more: what is let in now might never be told. */
  get hasRoom(): boolean {
    return this.#unkept < mostQueued && this.#keptSince < mostKept;
  }

  /** Whether there is so much to tell that nobody need look for more. */
  get isBehind(): boolean {
    return this.#waiting.size >= mostQueued / 2;
  }

  /** What this gateway itself has settled. */
  note(record: Untold): void {
    if (record.isKept) this.#noted.kept += 1;
    else this.#noted.memory += 1;
    this.tell(record);
  }

  tell(record: Untold): void {
    if (this.#waiting.has(record.requestId)) return;
    if (record.isKept) this.#keptSince += 1;
    else this.#unkept += 1;
    if (record.isKept && this.#waiting.size >= mostQueued) return;
    this.#waiting.add(record.requestId);
    this.#queue.push(record);
    this.#bell.ring();
  }

  /** Tells what is left, within bounds. */
  async stop(): Promise<void> {
    const { log } = this.#options;
    const enough = AbortSignal.timeout(stopMs);
    this.#over.abort();
    await this.#running;
    this.#count();
    while (!enough.aborted && this.#waiting.size > 0) if (!(await this.#told())) await pause(backOff.firstMs, enough);
    if (this.#waiting.size === 0) return;
    metrics.usageRecords.add(this.#unkept, { outcome: 'lost' });
    const facts = { inRedis: this.#waiting.size - this.#unkept, lost: this.#unkept };
    if (this.#unkept > 0) log.error(facts, 'usage is lost: neither Redis nor NATS would take it');
    else log.warn(facts, 'usage was left in Redis: another gateway tells it');
  }

  async #run(): Promise<void> {
    const { signal } = this.#over;
    for (let failures = 0; !signal.aborted; ) {
      if (this.#waiting.size === 0) await this.#bell.wait(60_000, signal);
      await pause(failures === 0 ? lingerMs : pauseOf(failures, backOff), signal);
      while (!signal.aborted && this.#waiting.size > 0) {
        failures = (await this.#told()) ? 0 : failures + 1;
        if (failures > 0) break;
      }
      metrics.usageUntold.record(this.#waiting.size, {});
      this.#count();
    }
  }

  /** Many at once: a counter costs more than all else that is done for one record here. */
  #count(): void {
    for (const outcome of ['kept', 'memory'] as const)
      if (this.#noted[outcome] > 0) metrics.usageRecords.add(this.#noted[outcome], { outcome });
    this.#noted = { kept: 0, memory: 0 };
  }

  /** One message, many records. False where JetStream did not say that it has them. */
  async #told(): Promise<boolean> {
    const { bus, log } = this.#options;
    this.#batch ??= this.#nextBatch();
    const { id, records } = this.#batch;
    if (!bus.isConnected) return false;
    try {
      const payload = `[${records.map(({ text }) => text).join(',')}]`;
      await bus.connection.jetstream({ timeout: ackMs }).publish(subject, payload, { msgID: id });
    } catch (err) {
      metrics.usageRecords.add(records.length, { outcome: 'failed' });
      log.warn({ err, records: records.length }, 'usage could not be told; trying again');
      return false;
    }
    this.#batch = undefined;
    this.#keptSince = 0;
    this.#unkept -= records.filter(({ isKept }) => !isKept).length;
    for (const { requestId } of records) this.#waiting.delete(requestId);
    metrics.usageRecords.add(records.length, { outcome: 'told' });
    await this.#forget(records);
    return true;
  }

  #nextBatch(): Batch {
    let size = 0;
    const most = this.#queue.slice(0, recordsAtOnce);
    const end = most.findIndex(({ text }) => {
      size += text.length;
      return size > mostText;
    });
    const records = this.#queue.splice(0, end === -1 ? most.length : Math.max(1, end));
    return { id: randomUUID(), records };
  }

  /** What Redis does not hear is told twice, and taken once. */
  async #forget(records: readonly Untold[]): Promise<void> {
    const byOrg = new Map<string, string[]>();
    for (const { orgId, requestId, isKept } of records) {
      if (!isKept) continue;
      const ids = byOrg.get(orgId) ?? [];
      ids.push(requestId);
      byOrg.set(orgId, ids);
    }
    await Promise.all([...byOrg].map(([orgId, ids]) => this.#options.reservations.forget(orgId, ids)));
  }
}
