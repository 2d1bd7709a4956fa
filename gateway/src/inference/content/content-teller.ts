import { inference } from '@orrery/contracts';
import { type BackOff, Bell, pause, pauseOf } from '@orrery/kernel';
import type { Bus } from '@orrery/messaging';
import { type Log, metrics } from '@orrery/telemetry';
import type { Room } from '../replay/room.ts';

export interface ContentTellerOptions {
  readonly bus: Pick<Bus, 'connection' | 'isConnected'>;
  readonly room: Room;
  readonly log: Log;
}

interface Message {
  readonly id: string;
  readonly payload: Buffer;
  tries: number;
}

const { subject } = inference.contentTransport;
const ackMs = 5_000;
const backOff: BackOff = { firstMs: 100, longestMs: 5_000 };
const atOnce = 8;
const mostTries = 5;
const stopMs = 3_000;

/** Tells JetStream what was said, when it can. Nobody waits for it, and what there is no room for is lost: it is no money. */
export class ContentTeller {
  readonly #options: ContentTellerOptions;
  readonly #bell = new Bell();
  readonly #over = new AbortController();
  readonly #running: Promise<void>;
  #queue: Message[] = [];

  constructor(options: ContentTellerOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** False where there is no room. */
  tell(id: string, payload: Buffer): boolean {
    if (!this.#options.room.take(payload.length)) return false;
    this.#queue.push({ id, payload, tries: 0 });
    this.#bell.ring();
    return true;
  }

  /** Tells what is left, within bounds. */
  async stop(): Promise<void> {
    const enough = AbortSignal.timeout(stopMs);
    this.#over.abort();
    await this.#running;
    while (!enough.aborted && this.#queue.length > 0) if (!(await this.#told())) await pause(backOff.firstMs, enough);
    this.#drop(this.#queue);
    this.#queue = [];
  }

  async #run(): Promise<void> {
    const { signal } = this.#over;
    for (let failures = 0; !signal.aborted; ) {
      if (this.#queue.length === 0) await this.#bell.wait(60_000, signal);
      else failures = (await this.#told()) ? 0 : failures + 1;
      if (failures > 0) await pause(pauseOf(failures, backOff), signal);
    }
  }

  /** False where JetStream did not take all of them. */
  async #told(): Promise<boolean> {
    const { bus, room, log } = this.#options;
    if (!bus.isConnected) return false;
    const some = this.#queue.slice(0, atOnce);
    const stream = bus.connection.jetstream({ timeout: ackMs });
    const tries = await Promise.allSettled(some.map(({ id, payload }) => stream.publish(subject, payload, { msgID: id })));
    const again: Message[] = [];
    for (const [index, message] of some.entries()) {
      const tried = tries[index];
      if (tried?.status === 'rejected' && message.tries + 1 < mostTries) again.push({ ...message, tries: message.tries + 1 });
      else if (tried?.status === 'rejected') {
        log.warn({ err: tried.reason }, 'what was said in a request could not be logged');
        this.#drop([message]);
      } else {
        room.giveBack(message.payload.length);
        metrics.inferenceContent.add(1, { outcome: 'told' });
      }
    }
    this.#queue = [...again, ...this.#queue.slice(some.length)];
    return again.length === 0;
  }

  #drop(messages: readonly Message[]): void {
    for (const { payload } of messages) this.#options.room.giveBack(payload.length);
    if (messages.length > 0) metrics.inferenceContent.add(messages.length, { outcome: 'dropped' });
  }
}
