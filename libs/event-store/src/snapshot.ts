import { integer, json, text } from './columns.ts';
import { table, type Write, write } from './table.ts';

/** How often a decider's state is kept, so that a long stream need not be folded from its beginning. */
export interface Snapshots {
  /** Keep the state about every so many events. */
  readonly every: number;
  /** Names the shape of the state. Another name when the state or `evolve` changes: old snapshots are then passed by. */
  readonly shape: string;
}

const snapshotTable = table({
  table: 'snapshots',
  columns: { stream: text(), shape: text(), version: integer(), state: { ...json(), sql: 'json' } },
  key: ['stream', 'shape'],
});

/** The row that keeps a state, in the transaction of the events that made it: it can never be ahead of the log. */
export const snapshotWrite = (stream: string, { shape }: Snapshots, version: number, state: unknown): Write => {
  if (typeof state !== 'object' || state === null) throw new TypeError(`the state of ${stream} is no object, so no snapshot can hold it`);
  return write(snapshotTable, { put: { stream, shape, version, state } });
};

/** True where a stream that grew from one version to another passed a multiple of `every`. */
export const isDue = ({ every }: Snapshots, before: number, after: number): boolean =>
  Math.floor(before / every) !== Math.floor(after / every);
