import { z } from 'zod';
import { isInbox } from './subjects.ts';
import type { WireReply } from './wire.ts';

/** How far a stream may run ahead of its reader. Both bounds hold; one item may overshoot the bytes. */
export interface Window {
  readonly items: number;
  readonly bytes: number;
}

export const defaultWindow: Window = { items: 64, bytes: 1_048_576 };
const largestWindow: Window = { items: 10_000, bytes: 16_777_216 };

/** Each side says this often that it lives, and takes the other for dead after a silence of so many beats. */
export const defaultBeatMs = 3_000;
export const silentBeats = 3;

/** Where a reader hears its items, and how many it can hold. */
export interface Reading extends Window {
  readonly inbox: string;
}

export const writeReading = ({ inbox, items, bytes }: Reading): string => `${inbox} ${items} ${bytes}`;

const bounded = (text: string | undefined, usual: number, most: number): number => {
  const value = Number(text);
  return value >= 1 ? Math.min(Math.floor(value), most) : usual;
};

export const readReading = (text: string | undefined): Reading | undefined => {
  const [inbox, items, bytes] = (text ?? '').split(' ');
  if (!isInbox(inbox)) return undefined;
  return {
    inbox,
    items: bounded(items, defaultWindow.items, largestWindow.items),
    bytes: bounded(bytes, defaultWindow.bytes, largestWindow.bytes),
  };
};

/** The answer to opening a stream: where the service hears how far its reader has come. It sends nothing before it has heard. */
export const StreamOpened = z.strictObject({ flow: z.string().startsWith('ask.') });

/** From the service to the reader. `seq` counts the items so far, so that a lost message shows. */
export type Frame =
  | { readonly seq: number; readonly item: unknown }
  | { readonly seq: number; readonly beat: true }
  | { readonly seq: number; readonly end: true }
  | Exclude<WireReply, { readonly accepted: true }>;

/** From the reader to the service: all that was taken so far, so that a lost message mends itself. */
export const Flow = z.union([z.strictObject({ items: z.int().min(0), bytes: z.int().min(0) }), z.strictObject({ stop: z.literal(true) })]);
export type Flow = z.infer<typeof Flow>;
