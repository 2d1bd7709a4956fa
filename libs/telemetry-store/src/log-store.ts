import type { Labels, Matchers } from './labels.ts';

/** Where an entry stands in its stream: streams have parts (a run's attempts), and each part counts for itself. */
export interface LogPlace {
  readonly part: number;
  readonly seq: number;
}

/** A piece of text that somebody said, once. (stream, part, seq) names it; all else of it must be the same when it is sent again. */
export interface LogEntry extends LogPlace {
  /** Such as `run-<id>`. */
  readonly stream: string;
  /** Whose it is; what one owner asks for never holds another one's. */
  readonly owner: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** `stdout`, `stderr`, `system`. */
  readonly channel: string;
  readonly text: string;
  /** The same for all entries of a stream; the first ones are kept. */
  readonly labels: Labels;
}

export interface Appended {
  readonly added: number;
  /** Were there already. */
  readonly repeated: number;
  /** Older than what is kept, or further ahead than clocks may differ: not taken. */
  readonly outside: number;
}

export interface LogQuery {
  /** One of the two at least. */
  readonly stream?: string;
  readonly owner?: string;
  readonly labels?: Matchers;
  /** Milliseconds since the epoch; `from` is included, `to` is not. */
  readonly from: number;
  readonly to: number;
  /** At most 10,000. */
  readonly limit: number;
  /** `forward` is oldest first. */
  readonly direction: 'forward' | 'backward';
  /** Text that must occur, without regard to case. */
  readonly contains?: string;
  /** From the page before, with the same query. */
  readonly cursor?: string;
}

export interface LogPage {
  readonly entries: readonly LogEntry[];
  /** Absent at the end. */
  readonly nextCursor?: string;
}

/** Lines of output, kept for a while. Not the truth about anything, and quick to ask. */
export interface LogStore {
  append(entries: readonly LogEntry[]): Promise<Appended>;
  query(query: LogQuery): Promise<LogPage>;
  /** How many a query would find, counted no further than `upTo`. */
  count(query: Omit<LogQuery, 'limit' | 'direction' | 'cursor'>, upTo: number): Promise<number>;
  /** The next entries of a stream after a place, in the stream's own order, whatever their time. */
  tail(stream: string, after: LogPlace, limit: number): Promise<readonly LogEntry[]>;
  /** Forgets a stream before its time. */
  forget(stream: string): Promise<void>;
}

/** Before the first entry of a stream. */
export const logStart: LogPlace = { part: 0, seq: 0 };

export const mostEntries = 10_000;
