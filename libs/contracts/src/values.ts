import { v7 } from 'uuid';
import { z } from 'zod';
import { id } from './define.ts';

export const OrgId = id('OrgId');
export type OrgId = z.infer<typeof OrgId>;
export const UserId = id('UserId');
export type UserId = z.infer<typeof UserId>;

export const Instant = z.iso.datetime({ offset: false, precision: 3 }).meta({ id: 'Instant', description: 'UTC, RFC 3339, milliseconds' });
export type Instant = z.infer<typeof Instant>;
/** The last second that was written, to its point: of moments that are written one after the other nearly all are in the same one. */
const latest = { second: Number.NaN, text: '' };

export const instantOf = (epochMs: number): Instant => {
  const whole = Math.trunc(epochMs);
  const second = Math.floor(whole / 1_000);
  if (second !== latest.second) {
    latest.text = new Date(second * 1_000).toISOString().slice(0, -4);
    latest.second = second;
  }
  return `${latest.text}${String(whole - second * 1_000).padStart(3, '0')}Z`;
};
export const epochOf = (instant: Instant): number => Date.parse(instant);

/** What a client writes of a moment: any zone, any precision. Parsing gives an `Instant`. */
export const Moment = z.iso
  .datetime({ offset: true })
  .overwrite((text) => {
    const at = Date.parse(text);
    return Number.isNaN(at) ? text : instantOf(at);
  })
  .meta({ id: 'Moment', description: 'RFC 3339, with Z or an offset' });

/** A fresh UUIDv7 of the given brand. For the shell only: a domain gets its ids in its commands. */
export const newId = <S extends z.ZodType>(schema: S): z.output<S> => schema.parse(v7());

/** No NUL, and no half of a surrogate pair: neither has a place in the text of a database. */
const unstorable = /[\0\p{Surrogate}]/u;

/**
 * What a person writes: text that every store can hold. Everything that a client may send is this or narrower, but for programs and
 * their files, which are kept as bytes.
 */
export const Text = z.string().refine((text) => !unstorable.test(text), {
  error: 'holds a NUL or half of a surrogate pair, which cannot be stored',
  params: { type: 'string_not_storable', mend: 'remove the NUL characters and send whole characters, in UTF-8' },
});

/** Controls, and what turns the direction of the letters that follow: one name could be shown as another. Of NUL `Text` complains. */
const disguising = /(?!\0)[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

/** What somebody or something is called, on one line and as it is read. */
export const NameText = Text.trim().refine((text) => !disguising.test(text), {
  error: 'holds control characters, or such as turn the direction of letters, which have no place in a name',
  params: { type: 'string_not_a_name', mend: 'remove line ends, control characters and U+202A to U+202E, U+2066 to U+2069' },
});

/** Names that operators give to pools and racks. */
export const SchedulingName = Text.max(64).regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'letters, digits, dots, hyphens and underscores');

export const PageRequest = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  /** Opaque; from the page before. */
  cursor: Text.max(500).optional(),
});
export const pageOf = <S extends z.ZodType>(item: S) => z.strictObject({ items: z.array(item), nextCursor: z.string().optional() });
/** For published APIs that count pages: how many to skip, and the total. */
export const OffsetRequest = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
});
