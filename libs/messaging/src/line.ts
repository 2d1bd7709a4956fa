import type { NatsConnection } from 'nats';
import { Inbox } from './inbox.ts';
import { Link } from './link.ts';
import { defaultBeatMs } from './stream-frames.ts';
import { Instruments } from './telemetry.ts';

export interface LineOptions {
  readonly inboxPrefix?: string;
  /** Refuse larger messages even where the server would carry them. */
  readonly maxPayloadBytes?: number;
  /** How often each side of a stream says that it lives. */
  readonly beatMs?: number;
}

/** Left of a message for its headers. */
const headroomBytes = 4_096;
const usualPayloadBytes = 1_048_576;

/** One connection and what everything on it shares. */
export class Line {
  readonly connection: NatsConnection;
  readonly link: Link;
  readonly inbox: Inbox;
  readonly instruments = new Instruments();
  readonly beatMs: number;
  readonly #maxPayloadBytes: number;

  constructor(connection: NatsConnection, { inboxPrefix, maxPayloadBytes, beatMs }: LineOptions) {
    this.connection = connection;
    this.link = new Link(connection);
    this.inbox = new Inbox(connection, inboxPrefix);
    this.beatMs = beatMs ?? defaultBeatMs;
    this.#maxPayloadBytes = maxPayloadBytes ?? Number.POSITIVE_INFINITY;
  }

  /** The largest body that a message may have. */
  get payloadLimit(): number {
    return Math.min(this.#maxPayloadBytes, (this.connection.info?.max_payload ?? usualPayloadBytes) - headroomBytes);
  }
}
