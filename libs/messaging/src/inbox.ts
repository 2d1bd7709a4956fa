import { createInbox, type Msg, type NatsConnection } from 'nats';

export type Receive = (message: Msg) => void;

/** One wildcard subscription for every answer of a connection; an address is a counter, so it is never used twice. */
export class Inbox {
  readonly #root: string;
  readonly #receivers = new Map<string, Receive>();
  #count = 0;

  constructor(connection: NatsConnection, prefix: string | undefined) {
    this.#root = `${createInbox(prefix)}.`;
    connection.subscribe(`${this.#root}*`, {
      callback: (error, message) => {
        if (error === null) this.#receivers.get(message.subject)?.(message);
      },
    });
  }

  open(receive: Receive): string {
    this.#count += 1;
    const address = this.#root + this.#count.toString(36);
    this.#receivers.set(address, receive);
    return address;
  }

  close(address: string): void {
    this.#receivers.delete(address);
  }

  get size(): number {
    return this.#receivers.size;
  }
}

/** The server's own answer to a request for which nobody listens. */
export const isNoResponders = (message: Msg): boolean => message.data.length === 0 && message.headers?.code === 503;
