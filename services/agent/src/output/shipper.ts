import { setImmediate as turn } from 'node:timers/promises';
import { pause, pauseOf } from '@orrery/kernel';
import { type Batch, batchOf, bytesCut, type Cut, cutAfter, nothingCut, type Read, streamNames } from '../domain/batches.ts';
import { tailLength, textOf } from '../domain/chunks.ts';
import type { OutputSource, StreamName } from '../runtime/runtime.ts';
import { Cursor, readPlan, writePlan } from './cursor.ts';

export interface Text {
  readonly seq: number;
  readonly stream: StreamName;
  readonly text: string;
}

export interface ShipperOptions {
  readonly source: OutputSource;
  /** Where cursor and plan are kept; gone with the attempt. */
  readonly cursorPath: string;
  readonly planPath: string;
  /** Output beyond this is never shipped. */
  readonly maxBytes: number;
  readonly now: () => string;
  /** Resolves when the bus has taken the batch for good; a batch may come twice, always the same. */
  readonly publish: (batch: Batch, texts: readonly Text[]) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

/** Even where JSON needs six bytes for each of them, this fits the usual message of a megabyte. */
const batchBytes = 96 * 1024;
/** After a first line has gone out at once, the next ones may wait for company. */
const spacingMs = 20;
/** How long a line that is not whole yet is waited for. */
const lineMs = 4;
const backOff = { firstMs: 100, longestMs: 5_000 };

/** Sends what a program writes, in order, batch by batch, and knows after a crash where it stood. */
export class Shipper {
  readonly #options: ShipperOptions;
  readonly #cursor: Cursor;
  readonly #stopped = new AbortController();
  /** Ends the pauses between batches: there is no company to wait for. */
  readonly #hurry = new AbortController();
  readonly #shipped: Promise<void>;
  #cut: Cut;
  #plan: readonly Batch[] | undefined;
  #isCompleting = false;
  #isAwake = true;
  #wakeUp: () => void = () => {};

  constructor(options: ShipperOptions) {
    this.#options = options;
    this.#cursor = new Cursor(options.cursorPath);
    this.#cut = this.#cursor.mark?.cut ?? nothingCut;
    this.#plan = readPlan(options.planPath);
    this.#shipped = this.#ship();
    this.#shipped.catch(options.onFailure);
  }

  /** Something may have been written. */
  wake(): void {
    this.#isAwake = true;
    this.#wakeUp();
  }

  /** More was written than may be shipped. */
  get isOverLimit(): boolean {
    return this.#written() > this.#options.maxBytes;
  }

  /** Bytes on the disk that the bus has not taken. */
  get pendingBytes(): number {
    return Math.max(0, Math.min(this.#written(), this.#options.maxBytes) - bytesCut(this.#cut));
  }

  /** The program has ended: cuts what is left and answers the last `seq` there will be. */
  async complete(): Promise<number> {
    this.#isCompleting = true;
    this.#hurry.abort();
    if (this.#plan === undefined) {
      const plan: Batch[] = [];
      let cut = this.#cut;
      for (;;) {
        const batch = batchOf(cut, this.#read(cut, true), this.#options.now());
        if (batch === undefined) break;
        plan.push(batch);
        cut = cutAfter(batch, cut);
        await turn();
      }
      writePlan(this.#options.planPath, plan);
      this.#plan = plan;
    }
    this.wake();
    const last = this.#plan.at(-1);
    return (last === undefined ? this.#cut.nextSeq : last.firstSeq + last.pieces.length) - 1;
  }

  /** Resolves when all of a completed output is taken, or when time is up; true for the former. */
  async shipped(withinMs: number): Promise<boolean> {
    const timer = new AbortController();
    const late = pause(withinMs, timer.signal).then(() => false);
    const done = this.#shipped.then(
      () => !this.#stopped.signal.aborted,
      () => false,
    );
    try {
      return await Promise.race([done, late]);
    } finally {
      timer.abort();
    }
  }

  /** Leaves what is left for the next agent. */
  stop(): void {
    this.#stopped.abort();
    this.#hurry.abort();
    this.wake();
  }

  async #ship(): Promise<void> {
    const { mark } = this.#cursor;
    // Whether the bus took it before the last agent died is unknown: sent again, it is the same message.
    if (mark !== undefined) await this.#publish(mark.batch);
    while (!this.#stopped.signal.aborted) {
      this.#isAwake = false;
      const batch = this.#plan === undefined ? await this.#cutNext() : this.#planned();
      if (batch !== undefined) {
        await this.#publish(batch);
        await this.#rest(spacingMs);
        continue;
      }
      if (this.#plan !== undefined) return;
      if (!this.#isAwake) await new Promise<void>((resolve) => (this.#wakeUp = resolve));
    }
  }

  #planned(): Batch | undefined {
    const batch = this.#plan?.find(({ firstSeq }) => firstSeq >= this.#cut.nextSeq);
    return batch === undefined ? undefined : this.#record(batch);
  }

  async #cutNext(): Promise<Batch | undefined> {
    let reads = this.#read(this.#cut, false);
    if (reads.some(({ bytes }) => bytes.length > 0 && tailLength(bytes) > 0)) {
      await this.#rest(lineMs);
      reads = this.#read(this.#cut, false);
    }
    // Once the plan is being made nothing else may be cut: from here to the record nobody waits.
    const batch = this.#isCompleting ? undefined : batchOf(this.#cut, reads, this.#options.now());
    return batch === undefined ? undefined : this.#record(batch);
  }

  async #rest(ms: number): Promise<void> {
    if (!this.#isCompleting) await pause(ms, this.#hurry.signal);
  }

  #record(batch: Batch): Batch {
    const cut = cutAfter(batch, this.#cut);
    this.#cursor.record(batch, cut);
    this.#cut = cut;
    return batch;
  }

  async #publish(batch: Batch): Promise<void> {
    for (let tries = 1; !this.#stopped.signal.aborted; tries += 1) {
      try {
        return await this.#options.publish(batch, this.#textsOf(batch));
      } catch (error) {
        this.#options.onFailure(error);
      }
      await pause(pauseOf(tries, backOff), this.#stopped.signal);
    }
  }

  #textsOf({ firstSeq, pieces }: Batch): Text[] {
    const { source } = this.#options;
    return pieces.map(([stream, from, length], index) => ({
      seq: firstSeq + index,
      stream,
      text: textOf(source.read(stream, from, length)),
    }));
  }

  #read(cut: Cut, isFinal: boolean): Read[] {
    const { source, maxBytes } = this.#options;
    let room = Math.min(batchBytes, maxBytes - bytesCut(cut));
    return streamNames.map((stream) => {
      const left = Math.max(0, source.size(stream) - cut[stream]);
      const length = Math.min(left, room);
      room -= length;
      // What the limit cuts off is as good as never written.
      const isEnd = length === left || bytesCut(cut) + length >= maxBytes;
      return { stream, bytes: length > 0 ? source.read(stream, cut[stream], length) : new Uint8Array(), isLast: isFinal && isEnd };
    });
  }

  #written(): number {
    return streamNames.reduce((sum, stream) => sum + this.#options.source.size(stream), 0);
  }
}
