import { createInbox, type Msg, type NatsConnection } from 'nats';
import { Alarm } from './alarm.ts';
import type { UnavailableReason } from './errors.ts';
import { hear } from './hear.ts';

/** Who waits at an address. */
export interface Receiver {
  /** What was asked, to hear that it may not be asked. */
  readonly subject?: string;
  receive(message: Msg): void;
  /** Told when nothing will come any more, or what came cannot be read. */
  lose?(reason: UnavailableReason, cause?: unknown): void;
  /** Told when its time is over. */
  expire?(): void;
}

interface Slot {
  /** What the addresses of this slot begin with. */
  readonly root: string;
  address: string;
  receiver: Receiver | undefined;
  /** By `performance.now()`. */
  expiresAt: number;
}

const never = Number.POSITIVE_INFINITY;

/**
 * One wildcard subscription for every answer of a connection. An address is a slot and a number that is never used twice, so that
 * a late answer finds nobody. Slots and not a map: a map that is always filled and emptied is copied over and over, and
 * each forgotten copy keeps the requests of its time alive until the next full collection.
 */
export class Inbox {
  readonly #root: string;
  readonly #slots: Slot[] = [];
  readonly #free: Slot[] = [];
  readonly #alarm = new Alarm((now) => this.#expire(now));
  #count = 0;

  constructor(connection: NatsConnection, prefix: string | undefined) {
    this.#root = `${createInbox(prefix)}.`;
    // What is broken beyond reading has no address either.
    hear(connection, `${this.#root}*`, { receive: (message) => this.#deliver(message), onBroken: () => undefined });
  }

  /** An address, until it is closed. */
  open(receiver: Receiver, expiresAt = never): string {
    const slot = this.#free.pop() ?? this.#newSlot();
    this.#count += 1;
    slot.address = slot.root + this.#count.toString(36);
    slot.receiver = receiver;
    slot.expiresAt = expiresAt;
    this.#alarm.setFor(expiresAt);
    return slot.address;
  }

  close(address: string): void {
    const slot = this.#slotOf(address);
    if (slot?.receiver === undefined) return;
    slot.receiver = undefined;
    slot.expiresAt = never;
    this.#free.push(slot);
  }

  get size(): number {
    return this.#slots.length - this.#free.length;
  }

  /** Everybody whose request will not be answered, all or those who asked on one subject. */
  lose(reason: UnavailableReason, subject?: string): void {
    const lost = this.#slots.flatMap(({ receiver }) => receiver ?? []);
    for (const receiver of lost) if (subject === undefined || receiver.subject === subject) receiver.lose?.(reason);
  }

  #newSlot(): Slot {
    const root = `${this.#root}${this.#slots.length.toString(36)}-`;
    const slot = { root, address: '', receiver: undefined, expiresAt: never };
    this.#slots.push(slot);
    return slot;
  }

  #slotOf(address: string): Slot | undefined {
    const slot = this.#slots[Number.parseInt(address.slice(this.#root.length), 36)];
    return slot?.address === address ? slot : undefined;
  }

  #deliver(message: Msg): void {
    const receiver = this.#slotOf(message.subject)?.receiver;
    if (!receiver) return;
    try {
      receiver.receive(message);
    } catch (error) {
      receiver.lose?.('interrupted', error);
    }
  }

  /** Tells whose time is over, and when the next one's will be. */
  #expire(now: number): number {
    const due = this.#slots.flatMap(({ receiver, expiresAt }) => (receiver && expiresAt <= now ? receiver : []));
    for (const receiver of due) receiver.expire?.();
    return this.#slots.reduce((next, { expiresAt }) => Math.min(next, expiresAt), never);
  }
}

/** The server's own answer to a request for which nobody listens. */
export const isNoResponders = (message: Msg): boolean => message.data.length === 0 && message.headers?.code === 503;
