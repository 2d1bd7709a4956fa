import type { EventContract, EventIn, RequestContext } from '@orrery/contracts';
import type { Metadata, Recorded } from '@orrery/kernel';
import type pg from 'pg';
import type { Patience } from './consume-faults.ts';
import type { Inbox } from './inbox.ts';
import type { Upcaster } from './registry.ts';
import type { Unit } from './unit.ts';

/** What surrounds the handling of one event. */
export interface Reaction {
  /** For what the event causes: the same correlation and organization, the event as cause, this span as origin. */
  readonly metadata: Metadata;
  /** The same, for a handler that takes the context of a request; its command id is of this consumer and this event. */
  readonly context: RequestContext;
  /**
   * For `handleWith`: commits the inbox row with the decision. An event that causes several decisions gives each a consumer name
   * of its own, such as `${inbox.consumer}.refund`: the first would otherwise count for all.
   */
  readonly inbox: Inbox;
  /** From 1. */
  readonly attempt: number;
  /** The consumer is stopping: what can be given up should be. */
  readonly signal: AbortSignal;
}

/** What an event changes in the consumer's own log and tables; committed with the inbox row, all or nothing. */
export type Effect = Omit<Unit, 'once' | 'metadata'> & Partial<Pick<Unit, 'metadata'>>;

interface Common<C extends EventContract> {
  /** The service that consumes. */
  readonly service: string;
  /** What it consumes for; unique within the service, and never reused for something else. */
  readonly name: string;
  readonly events: readonly C[];
  readonly upcasters?: readonly Upcaster[];
  /**
   * `stream` (default): the events of one stream one after the other, in their order; streams beside each other; one process at a time.
   * `none`: all beside each other, in as many processes as run; for effects that do not care what came first.
   * Either way an event that was lost and healed, or replayed, comes late: only `version` tells.
   */
  readonly order?: 'stream' | 'none';
  readonly patience?: Partial<Patience>;
  /** Events unacknowledged at a time: what a crash makes come again. */
  readonly window?: number;
  /** How long the handler may take with one event; default: half a minute. */
  readonly deadlineMs?: number;
  /** How long JetStream waits for a dead process before it delivers to another. */
  readonly ackWaitMs?: number;
}

/** Reacts by commands to its own aggregates. */
export interface ReactingConsumer<C extends EventContract = EventContract> extends Common<C> {
  /** Events handled beside each other. */
  readonly concurrency?: number;
  /**
   * Returns an effect to commit, or decides by itself with `handleWith(…, { inbox: reaction.inbox })`, or finds nothing to do.
   * It may be called again for an event if the process dies before the commit; never after it.
   */
  react(event: Recorded<EventIn<C>>, reaction: Reaction): Promise<Effect | undefined>;
}

/** Writes into its own tables. */
export interface WritingConsumer<C extends EventContract = EventContract> extends Common<C> {
  /** Events that share a transaction. If one fails, each gets its own. */
  readonly batch?: number;
  /** Runs in the transaction of the inbox row: everything through `client`, and no transaction statements. */
  write(event: Recorded<EventIn<C>>, client: pg.ClientBase, reaction: Reaction): Promise<void>;
}

export type Consumer<C extends EventContract = EventContract> = ReactingConsumer<C> | WritingConsumer<C>;

/** Declares a durable consumer of other services' events. The compiler knows each event by its contract. */
export const consumer = <const C extends EventContract>(declared: Consumer<C>): Consumer => declared;
