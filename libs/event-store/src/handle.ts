import { setTimeout as pause } from 'node:timers/promises';
import { type Command, type Decider, type Event, fold, type Rejection, reject } from '@orrery/kernel';
import { ClaimTaken, Repeated, VersionConflict } from './errors.ts';
import type { EventStore, Kept } from './event-store.ts';
import type { Handle, Handled, HandleOptions, HandlerOptions } from './handling.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { type CommandContext, commandRow, inboxRow, metadataOf } from './once.ts';
import { isDue, snapshotWrite } from './snapshot.ts';
import type { Write } from './table.ts';
import type { Once } from './unit.ts';

const maxDecisions = 4;
const maxWaitingPerStream = 1_000;
const shortestPauseMs = 4;

/** A command with everything that surrounds it. */
interface Task<C, E extends Event, S, R extends Rejection, A> {
  readonly stream: string;
  readonly command: C;
  readonly context: CommandContext;
  readonly once: Once;
  readonly options: HandleOptions<E, S, R, A>;
}

/** Load, decide, commit; on a conflict again, three times at most. A command that had its effect before hears its first answer. */
export const handleWith = <C extends Command, E extends Event, S, R extends Rejection>(
  store: EventStore,
  decider: Decider<C, E, S, R>,
  options: HandlerOptions,
): Handle<C, E, S, R> => {
  const handler = new Handler(store, decider, options);
  return (stream, command, context, taskOptions = {}) => handler.handle(stream, command, context, taskOptions);
};

class Handler<C extends Command, E extends Event, S, R extends Rejection> {
  private readonly store: EventStore;
  private readonly decider: Decider<C, E, S, R>;
  private readonly options: HandlerOptions;
  private readonly queue = new KeyedQueue(maxWaitingPerStream);

  constructor(store: EventStore, decider: Decider<C, E, S, R>, options: HandlerOptions) {
    this.store = store;
    this.decider = decider;
    this.options = options;
  }

  handle<A>(stream: string, command: C, context: CommandContext, options: HandleOptions<E, S, R, A>): Promise<Handled<E, R, A>> {
    const { inbox, input } = options;
    const once = inbox ? inboxRow(inbox.consumer, inbox.eventId) : commandRow(this.options.name, context, input);
    return this.queue.run(stream, () => this.persist({ stream, command, context, once, options }));
  }

  private async persist<A>(task: Task<C, E, S, R, A>): Promise<Handled<E, R, A>> {
    for (let decisions = 1; ; decisions += 1) {
      try {
        return await this.attempt(task, decisions === 1 && task.options.fresh === true);
      } catch (error) {
        if (error instanceof Repeated) return repeated(task, error);
        if (error instanceof ClaimTaken && task.options.taken) return { accepted: false, rejection: task.options.taken(error) };
        if (!(error instanceof VersionConflict) || decisions >= maxDecisions) throw error;
        await pause(shortestPauseMs * 2 ** decisions * Math.random());
      }
    }
  }

  private async attempt<A>(task: Task<C, E, S, R, A>, isFresh: boolean): Promise<Handled<E, R, A>> {
    const { state, version } = isFresh ? { state: this.decider.initial, version: 0 } : await this.load(task.stream);
    const decision = this.decider.decide(task.command, state);
    if (!decision.accepted) {
      // A repeated command may well be refused by the state it has made itself.
      const kept = await this.store.kept(task.once.scope, task.once.key);
      return kept ? repeated(task, kept) : decision;
    }
    const { events } = decision;
    const after = fold(this.decider, events, state);
    // Without an `answer` the type says undefined.
    const answer = task.options.answer?.(events, after) as A;
    await this.store.commit({
      appends: events.length > 0 ? [{ stream: task.stream, expected: version, events }] : [],
      claims: task.options.claims?.(events, { before: state, after }) ?? [],
      writes: [...this.snapshotOf(task.stream, version, version + events.length, after), ...(task.options.writes?.(events, after) ?? [])],
      once: { ...task.once, answer, sealed: task.options.sealed ?? false },
      metadata: metadataOf(task.context),
    });
    return { accepted: true, events, answer, repeated: false };
  }

  private async load(stream: string): Promise<{ readonly state: S; readonly version: number }> {
    const { snapshots } = this.options;
    if (!snapshots) {
      const events = await this.store.happened<E>(stream);
      return { state: fold(this.decider, events), version: events.length };
    }
    const { snapshot, events } = await this.store.happenedSince<E>(stream, snapshots.shape);
    // The shape's name says that this state was made by this decider.
    const from = snapshot ? (snapshot.state as S) : this.decider.initial;
    return { state: fold(this.decider, events, from), version: (snapshot?.version ?? 0) + events.length };
  }

  private snapshotOf(stream: string, before: number, version: number, state: S): readonly Write[] {
    const { snapshots } = this.options;
    return snapshots && isDue(snapshots, before, version) ? [snapshotWrite(stream, snapshots, version, state)] : [];
  }
}

const repeated = <C, E extends Event, S, R extends Rejection, A>(
  { once, context, options }: Task<C, E, S, R, A>,
  kept: Pick<Kept, 'hash' | 'answer'>,
): Handled<E, R, A> => {
  if (once.hash !== undefined && kept.hash !== undefined && once.hash !== kept.hash) {
    return reject('IdempotencyKeyReused', { commandId: context.commandId });
  }
  // What was kept is what `answer` gave then; without one there is nothing to give.
  return { accepted: true, events: [], answer: (options.answer ? kept.answer : undefined) as A, repeated: true };
};

/** A stream's state, folded up to now or up to `at`. */
export const stateOf = async <C extends Command, E extends Event, S, R extends Rejection>(
  store: EventStore,
  decider: Decider<C, E, S, R>,
  stream: string,
  options: { readonly at?: number | Date } = {},
): Promise<{ readonly state: S; readonly version: number }> => {
  const { events, version } = await store.load<E>(stream, options);
  const facts = events.map(({ event }) => event);
  return { state: fold(decider, facts), version };
};
