import { createInbox, type Msg, type NatsConnection } from 'nats';
import type { UnavailableReason } from './errors.ts';
import { hear } from './hear.ts';

/** Who waits at an address. */
export interface Receiver {
  readonly receive: (message: Msg) => void;
  /** Told when what was sent to `subject` will not be answered any more, or was answered with something that cannot be read. */
  readonly lose?: (reason: UnavailableReason, cause?: unknown) => void;
  readonly subject?: string;
}

interface Slot extends Receiver {
  readonly address: string;
}

/**
 * One wildcard subscription for every answer of a connection. An address is a slot and a number that is never used twice, so that
 * a late answer finds nobody. Slots and not a map: a map that is always filled and emptied is copied over and over, and
 * each forgotten copy keeps the requests of its time alive until the next full collection.
 */
export class Inbox {
  readonly #root: string;
  readonly #slots: (Slot | undefined)[] = [];
  readonly #free: number[] = [];
  #count = 0;

  constructor(connection: NatsConnection, prefix: string | undefined) {
    this.#root = `${createInbox(prefix)}.`;
    // What is broken beyond reading has no address either.
    hear(connection, `${this.#root}*`, { receive: (message) => this.#deliver(message), onBroken: () => undefined });
  }

  open(receiver: Receiver): string {
    const index = this.#free.pop() ?? this.#slots.length;
    this.#count += 1;
    const address = `${this.#root}${index.toString(36)}-${this.#count.toString(36)}`;
    this.#slots[index] = { ...receiver, address };
    return address;
  }

  close(address: string): void {
    const index = this.#indexOf(address);
    if (this.#slots[index]?.address !== address) return;
    this.#slots[index] = undefined;
    this.#free.push(index);
  }

  get size(): number {
    return this.#slots.length - this.#free.length;
  }

  /** Everybody whose request will not be answered, all or those who asked on one subject. */
  lose(reason: UnavailableReason, subject?: string): void {
    for (const slot of [...this.#slots]) if (slot && (subject === undefined || slot.subject === subject)) slot.lose?.(reason);
  }

  #deliver(message: Msg): void {
    const { subject } = message;
    const slot = this.#slots[this.#indexOf(subject)];
    if (slot?.address !== subject) return;
    try {
      slot.receive(message);
    } catch (error) {
      slot.lose?.('interrupted', error);
    }
  }

  #indexOf(address: string): number {
    return Number.parseInt(address.slice(this.#root.length), 36);
  }
}

/** The server's own answer to a request for which nobody listens. */
export const isNoResponders = (message: Msg): boolean => message.data.length === 0 && message.headers?.code === 503;
