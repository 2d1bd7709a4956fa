import type { RequestContext } from '@orrery/contracts';
import { commandRow, type EventStore, type Handled, type HandleOptions, metadataOf, Repeated } from '@orrery/event-store';
import { reject } from '@orrery/kernel';
import { Run, type RunRefusal } from '../domain/run/run.ts';
import { type RunEvent, runStream } from '../domain/run/run-facts.ts';
import type { RunState } from '../domain/run/run-state.ts';
import type { Submission } from '../domain/run/run-submission.ts';

interface Manner<A> {
  readonly context: RequestContext;
  readonly options: HandleOptions<RunEvent, RunState, RunRefusal, A>;
}

/** All members of a gang become facts in one commit, or none does. */
export const submitTogether = async <A>(
  store: EventStore,
  members: readonly Submission[],
  { context, options }: Manner<A>,
): Promise<Handled<RunEvent, RunRefusal, A>> => {
  const once = commandRow('run', context, options.input);
  const appends: { stream: string; expected: number; events: readonly RunEvent[] }[] = [];
  for (const member of members) {
    const decision = Run.decide({ type: 'Submit', ...member }, Run.initial);
    if (!decision.accepted) return decision;
    appends.push({ stream: runStream(member.runId), expected: 0, events: decision.events });
  }
  const events = appends.flatMap((append) => append.events);
  // Without an `answer` the type says undefined.
  const answer = options.answer?.(events, Run.initial) as A;
  try {
    await store.commit({
      appends,
      claims: [],
      writes: options.writes?.(events, Run.initial) ?? [],
      once: { ...once, answer, sealed: false },
      metadata: metadataOf(context),
    });
  } catch (error) {
    if (!(error instanceof Repeated)) throw error;
    if (once.hash !== undefined && error.hash !== undefined && once.hash !== error.hash) {
      return reject('IdempotencyKeyReused', { commandId: context.commandId });
    }
    // What was kept is what `answer` gave then.
    return { accepted: true, events: [], answer: error.answer as A, repeated: true };
  }
  return { accepted: true, events, answer, repeated: false };
};
