import { inference, instantOf } from '@orrery/contracts';
import { z } from 'zod';
import { type Settling, settlingOf } from '../limits/encode.ts';
import type { Reservation } from '../limits/meters.ts';
import { termsNamed } from '../limits/terms.ts';
import type { Told } from './told.ts';

/** What whoever finds a request unsettled must know: how to settle it, and what to tell of it. */
export interface Note {
  readonly settling: Settling;
  readonly record: inference.UsageRecord;
}

const integer = z.string().regex(/^-?\d+$/);

const NoteSchema = z.object({
  settling: z.object({ released: integer, cost: integer, meters: z.array(z.string()).readonly(), terms: z.string(), backs: z.string() }),
  record: inference.UsageRecord,
});

export const noteOf = (reservation: Reservation, { record, use }: Told): string => {
  const { released, cost, terms, backs } = settlingOf(reservation, use);
  const settling = { released, cost, meters: terms.names, terms: terms.text, backs };
  return JSON.stringify({ settling, record } satisfies z.input<typeof NoteSchema>);
};

/** Undefined where it cannot be read. */
export const readNote = (text: string): Note | undefined => {
  try {
    const noted = NoteSchema.safeParse(JSON.parse(text)).data;
    if (noted === undefined) return undefined;
    const { settling, record } = noted;
    const { requestId, orgId } = record;
    const { released, cost, meters, terms, backs } = settling;
    return { settling: { requestId, orgId, released, cost, terms: termsNamed(orgId, meters, terms), backs }, record };
  } catch {
    return undefined;
  }
};

/**
 * A record as it is kept and told, and by which minute limits and usage are compared. What is added is written into its text: a copy of a record with one
 * field more costs as much as all else about it.
 */
export const settledText = (record: inference.UsageRecord, settledAt: number): { readonly text: string; readonly minute: number } => ({
  text: `${JSON.stringify(record).slice(0, -1)},"settledAt":"${instantOf(settledAt)}"}`,
  minute: Math.floor(settledAt / inference.minuteMs),
});
