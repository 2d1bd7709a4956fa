import type { Event } from '@orrery/kernel';
import type { Columns } from './columns.ts';
import type { ChangeOf, Table } from './table.ts';
import type { Fact } from './unit.ts';

/**
 * A table folded from the log: it can be deleted and built again, and is the same then.
 *
 * `fold` is pure and looks at nothing but the fact. Changes to one row come from one stream, or commute (`add`): streams are
 * folded in an order of their own.
 */
export interface View<C extends Columns = Columns, K extends keyof C & string = keyof C & string, E extends Event = Event>
  extends Table<C, K> {
  readonly name: string;
  /** Raised when `fold` changes its mind about old events: the view is then built anew at the next start. */
  readonly version?: number;
  /** Lists of columns to look rows up by. */
  readonly indexes?: readonly (readonly (keyof C & string)[])[];
  /**
   * `append` (the default): written in the transaction of the event, so that a client reads what it just wrote.
   * `log`: follows behind, for what is heavy.
   */
  readonly follows?: 'append' | 'log';
  // A method, so that views of different events fit in one list.
  fold(fact: Fact<E>): readonly ChangeOf<Table<C, K>>[];
}

/** The events are read off the annotation of `fold`'s parameter: `fold: ({ event }: Fact<RunEvent>) => …`. */
export const view = <const C extends Columns, const K extends keyof C & string, E extends Event>(
  declaration: View<C, K, E>,
): View<C, K, E> => declaration;
