import { z } from 'zod';
import { integer } from '../row.ts';
import type { Json } from './row.ts';

const defaultLimit = 10;
const mostItems = 500;
/** What the published default of `after` is, to the letter: two quote characters. */
const absent = '""';

/** `limit` and `after`, as most lists of this API take them. */
export const Pages = z.object({
  limit: integer(z.int().min(1).max(mostItems)).default(defaultLimit),
  after: z
    .string()
    .optional()
    .transform((after) => (after === absent || after === '' ? undefined : after)),
});

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string | undefined;
}

/** `count` is of this page: how many there are behind it, `hasMore` says. */
export const pageShown = <T>(items: readonly T[], hasMore: boolean, shown: (item: T) => Json): Json => ({
  count: items.length,
  data: items.map(shown),
  has_more: hasMore,
});

export const listOf = <T>({ items, nextCursor }: Page<T>, shown: (item: T) => Json): Json =>
  pageShown(items, nextCursor !== undefined, shown);
