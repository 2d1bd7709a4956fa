import { inference, instantOf } from '@orrery/contracts';
import { z } from 'zod';
import { type Settling, settlingOf } from '../limits/encode.ts';
import type { Reservation } from '../limits/meters.ts';
import type { Told } from './told.ts';

/** What whoever finds a request unsettled must know: how to settle it, and what to tell of it. */
export interface Note {
  readonly settling: Settling;
  readonly record: inference.UsageRecord;
}

const integer = z.string().regex(/^-?\d+$/);

const NoteSchema = z.object({
  settling: z.object({
    requestId: z.string(),
    orgId: z.string(),
    released: integer,
    cost: integer,
    meters: z.array(z.string()),
    backs: z.array(z.union([z.string(), z.number()])),
  }),
  record: inference.UsageRecord,
});

export const noteOf = (reservation: Reservation, { record, use }: Told): string =>
  JSON.stringify({ settling: settlingOf(reservation, use), record } satisfies Note);

/** Undefined where it cannot be read. */
export const readNote = (text: string): Note | undefined => {
  try {
    return NoteSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
};

/** A record as it is kept and told, and by which minute limits and usage are compared. */
export const settledText = (record: inference.UsageRecord, settledAt: number): { readonly text: string; readonly minute: number } => ({
  text: JSON.stringify({ ...record, settledAt: instantOf(settledAt) } satisfies inference.SettledUsage),
  minute: Math.floor(settledAt / inference.minuteMs),
});
