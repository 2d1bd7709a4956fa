/** Somebody sent a cursor that no page of this list gave. */
export class InvalidCursor extends Error {
  override readonly name = 'InvalidCursor';
}

type Cell = string | number | boolean;

const isCell = (value: unknown): value is Cell => ['string', 'number', 'boolean'].includes(typeof value);

/** Where a page ended, opaque: the cells its order looks at. */
export const cursorOf = (cells: readonly unknown[]): string => Buffer.from(JSON.stringify(cells)).toString('base64url');

export const cellsOf = (cursor: string, count: number): readonly Cell[] => {
  let cells: unknown;
  try {
    cells = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch (cause) {
    throw new InvalidCursor('not a cursor', { cause });
  }
  if (!Array.isArray(cells) || cells.length !== count || !cells.every(isCell)) throw new InvalidCursor('not a cursor of this list');
  return cells;
};
