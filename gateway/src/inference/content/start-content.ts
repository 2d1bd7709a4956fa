import type { Bus } from '@orrery/messaging';
import type { Log } from '@orrery/telemetry';
import { Room } from '../replay/room.ts';
import type { TapOf } from '../run/run-parts.ts';
import { contentTaps } from './content-log.ts';
import { ContentTeller } from './content-teller.ts';

export interface ContentOptions {
  readonly bus: Bus;
  readonly log: Log;
  readonly clock: () => number;
}

export interface Content {
  readonly tapOf: TapOf;
  /** After the last request has ended, and before the bus is closed. */
  readonly close: () => Promise<void>;
}

/** Of all requests under way and of what waits to be told, together. */
const roomBytes = 64 * 1_024 * 1_024;

/** Has what is said in requests logged, where their organizations wish it. */
export const startContent = ({ bus, log, clock }: ContentOptions): Content => {
  const room = new Room(roomBytes);
  const teller = new ContentTeller({ bus, room, log });
  return { tapOf: contentTaps({ teller, room, clock }), close: () => teller.stop() };
};
