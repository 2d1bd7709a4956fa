import { setTimeout as pause } from 'node:timers/promises';
import {
  type Append,
  type Claim,
  type CommandContext,
  commandRow,
  type EventStore,
  inboxRow,
  KeyedQueue,
  metadataOf,
  type NewEvent,
  type Once,
  Repeated,
  VersionConflict,
  type Write,
} from '@orrery/event-store';
import { type Command, type Decider, type Event, fold, type Rejection, reject } from '@orrery/kernel';

const maxDecisions = 6;
const maxWaitingPerStream = 1_000;
const shortestPauseMs = 4;

interface Granted {
  readonly accepted: true;
  readonly append: Append | undefined;
  readonly claims: readonly Claim[];
}

/** One stream's part in something that happens in several at once. */
export interface Part {
  readonly decide: (store: EventStore) => Promise<Granted | { readonly accepted: false; readonly rejection: Rejection }>;
}

export interface PartOptions<E extends Event, S> {
  readonly claims?: (events: readonly E[], states: { readonly before: S; readonly after: S }) => readonly Claim[];
  /** What is done about a refusal: undefined lets it stand, `'skip'` leaves this part out. */
  readonly onRefusal?: (rejection: Rejection) => 'skip' | undefined;
}

/** A command to the decider of one stream, to be granted together with others. */
export const part = <C extends Command, E extends Event, S, R extends Rejection>(
  decider: Decider<C, E, S, R>,
  stream: string,
  command: C,
  { claims, onRefusal }: PartOptions<E, S> = {},
): Part => ({
  decide: async (store) => {
    const history = await store.happened<E>(stream);
    const before = fold(decider, history);
    const decision = decider.decide(command, before);
    if (!decision.accepted) {
      return onRefusal?.(decision.rejection) === 'skip' ? { accepted: true, append: undefined, claims: [] } : decision;
    }
    const { events } = decision;
    const append = events.length > 0 ? { stream, expected: history.length, events: events as readonly NewEvent[] } : undefined;
    return { accepted: true, append, claims: claims?.(events, { before, after: fold(decider, events, before) }) ?? [] };
  },
});

export interface Joint<A> {
  /** Command ids count per name. */
  readonly name: string;
  readonly parts: readonly Part[];
  readonly input?: unknown;
  /** Rows of declared tables that belong to the same transaction. */
  readonly writes?: readonly Write[];
  /** Any JSON value; kept with the command, so that a repeated call hears the same. */
  readonly answer: A;
  readonly sealed?: boolean;
  readonly inbox?: { readonly consumer: string; readonly eventId: string };
  /** The organization that the facts are about, where it is not the one of the request: command ids count where they were given. */
  readonly orgId?: string;
}

export type Jointly<A> =
  | { readonly accepted: true; readonly answer: A; readonly repeated: boolean }
  | { readonly accepted: false; readonly rejection: Rejection };

const repeated = <A>(once: Once, kept: { readonly hash?: string | undefined; readonly answer?: unknown }): Jointly<A> =>
  once.hash !== undefined && kept.hash !== undefined && once.hash !== kept.hash
    ? reject('IdempotencyKeyReused', {})
    : // What was kept is the answer of then.
      { accepted: true, answer: kept.answer as A, repeated: true };

/** Decides in several streams and commits all of it or nothing; where one of them has moved meanwhile, decides again. */
export class Together {
  private readonly queue = new KeyedQueue(maxWaitingPerStream);

  constructor(private readonly store: EventStore) {}

  /** `lineUpAt` is the stream that many want at once: here they wait for each other instead of colliding. */
  commit<A>(joint: Joint<A>, lineUpAt: string, context: CommandContext): Promise<Jointly<A>> {
    return this.queue.run(lineUpAt, () => this.persist(joint, context));
  }

  private async persist<A>(joint: Joint<A>, context: CommandContext): Promise<Jointly<A>> {
    const { name, input, inbox } = joint;
    const once = inbox ? inboxRow(inbox.consumer, inbox.eventId) : commandRow(name, context, input);
    for (let decisions = 1; ; decisions += 1) {
      try {
        return await this.attempt(joint, once, context);
      } catch (error) {
        if (error instanceof Repeated) return repeated(once, error);
        if (!(error instanceof VersionConflict) || decisions >= maxDecisions) throw error;
        await pause(shortestPauseMs * 2 ** decisions * Math.random());
      }
    }
  }

  private async attempt<A>(
    { parts, answer, orgId, writes = [], sealed = false }: Joint<A>,
    once: Once,
    context: CommandContext,
  ): Promise<Jointly<A>> {
    const appends: Append[] = [];
    const claims: Claim[] = [];
    for (const each of parts) {
      const decided = await each.decide(this.store);
      if (!decided.accepted) {
        // What is repeated may well be refused by the state it has made itself.
        const kept = await this.store.kept(once.scope, once.key);
        return kept ? repeated(once, kept) : decided;
      }
      if (decided.append) appends.push(decided.append);
      claims.push(...decided.claims);
    }
    await this.store.commit({
      appends,
      claims,
      writes,
      once: { ...once, answer, sealed },
      metadata: metadataOf(orgId === undefined ? context : { ...context, orgId }),
    });
    return { accepted: true, answer, repeated: false };
  }
}

/** One wish is many commands: each has an id of its own, the same when the wish is repeated. */
export const within = <C extends CommandContext>(context: C, what: string): C => ({
  ...context,
  commandId: `${context.commandId}/${what}`,
  idempotent: false,
});
