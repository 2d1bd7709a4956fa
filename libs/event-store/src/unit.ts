import type { Event, Metadata, Recorded } from '@orrery/kernel';
import type { Write } from './table.ts';

/** An event on its way into the log. Without an id it gets a fresh UUIDv7. */
export interface NewEvent<E extends Event = Event> {
  readonly id?: string;
  readonly type: E['type'];
  readonly data: E['data'];
}

/** Events for one stream, which must be at version `expected` (0: must not exist yet). */
export interface Append<E extends Event = Event> {
  readonly stream: string;
  readonly expected: number;
  readonly events: readonly NewEvent<E>[];
}

/** Uniqueness across streams (an e-mail address, a slug): taken or released in the transaction of the events. */
export type Claim =
  | { readonly scope: string; readonly key: string; readonly take: string }
  | { readonly scope: string; readonly key: string; readonly release: string };

/** A command id or an inbox row: the unit has its effect at most once per (scope, key). */
export interface Once {
  readonly scope: string;
  readonly key: string;
  /** Fingerprint of what was asked, so that the same key with another body is noticed. */
  readonly hash?: string;
  /** What to answer when the same thing is asked again. Any JSON value. */
  readonly answer?: unknown;
  /** The answer holds a secret: it is kept encrypted. */
  readonly sealed?: boolean;
}

/** Everything that happens together or not at all. */
export interface Unit {
  /** At most one per stream. */
  readonly appends: readonly Append[];
  readonly claims?: readonly Claim[];
  readonly once?: Once;
  /** Rows of declared tables that are not folded from events (a program's source, an agent's last beat). */
  readonly writes?: readonly Write[];
  readonly metadata: Metadata;
}

/** A recorded event without its place in the log: all that a fold may look at. */
export type Fact<E extends Event = Event> = Omit<Recorded<E>, 'place'>;

export interface Committed {
  readonly facts: readonly Fact[];
}
