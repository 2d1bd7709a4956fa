import type { LogQuery } from './log-store.ts';

/** A cursor that no page of this query ever gave. */
export class CursorInvalid extends Error {
  override readonly name = 'CursorInvalid';
}

/** The last entry of a page: (part, seq) within a stream, (at, stream, part, seq) across streams. */
export type CursorParts = readonly number[];

const lengthOf = (query: Pick<LogQuery, 'stream'>): number => (query.stream === undefined ? 4 : 2);

export const writeCursor = (parts: CursorParts): string => Buffer.from(JSON.stringify(parts)).toString('base64url');

export const readCursor = (query: Pick<LogQuery, 'stream' | 'cursor'>): CursorParts | undefined => {
  if (query.cursor === undefined) return undefined;
  const text = Buffer.from(query.cursor, 'base64url').toString();
  // Digits and commas only, so the parse cannot fail.
  const parts: unknown = /^\[\d{1,16}(,\d{1,16}){0,3}\]$/.test(text) ? JSON.parse(text) : undefined;
  const isWhole = Array.isArray(parts) && parts.length === lengthOf(query) && parts.every((part) => Number.isSafeInteger(part));
  if (!isWhole) throw new CursorInvalid('this cursor belongs to no page of this query');
  return parts;
};
