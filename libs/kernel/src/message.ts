/** A fact, in the past tense. `data` is exactly what the contract of its type says. */
export interface Event<T extends string = string, D extends object = object> {
  readonly type: T;
  readonly data: D;
}

/** A wish, in the imperative. Whatever the decision needs (time, ids, chance) is a field of it. */
export interface Command<T extends string = string> {
  readonly type: T;
}

/** A refusal as a value: `code` is a fact in the domain's words, `details` what a client needs to mend it. */
export interface Rejection<C extends string = string, D extends object = object> {
  readonly code: C;
  readonly details: D;
}

/** What surrounds an event: who, why and in which trace. Never business data. */
export interface Metadata {
  /** Id of the first command of this chain of cause and effect. */
  readonly correlationId: string;
  /** Id of the command or event that directly caused this one. */
  readonly causationId: string;
  /** `user:<id>`, `key:<id>`, `agent:<id>`, `service:<name>` or `operator`. */
  readonly actor: string;
  /** Absent for facts that belong to the platform and to no organization. */
  readonly orgId?: string;
  /** W3C trace context of the span that appended the event. */
  readonly traceparent?: string;
  /** On its way into the log only: kept sealed beside the facts that are audited, and told to nobody with them. */
  readonly origin?: Origin;
}

/** Where the request behind a fact came from: it tells of a person. */
export interface Origin {
  readonly ip: string;
  readonly userAgent?: string | undefined;
  /** The person whose request it was, where there is one. */
  readonly of?: string | undefined;
}

/** An event as the log holds it. */
export interface Recorded<E extends Event = Event> {
  readonly id: string;
  readonly stream: string;
  /** Place in its stream, from 1. */
  readonly version: number;
  readonly event: E;
  readonly metadata: Metadata;
  readonly recordedAt: Date;
  /** Place in the log: compare with `comparePlaces`, never by one part alone. */
  readonly place: Place;
}

/** A place in the log. Position alone is not an order: transactions commit out of order. */
export interface Place {
  readonly transaction: bigint;
  readonly position: bigint;
}

/** Before the first event. */
export const logStart: Place = { transaction: 0n, position: 0n };

export const comparePlaces = (a: Place, b: Place): number => {
  if (a.transaction !== b.transaction) return a.transaction < b.transaction ? -1 : 1;
  if (a.position !== b.position) return a.position < b.position ? -1 : 1;
  return 0;
};
