import { instantOf } from '@orrery/contracts';
import { type Committed, type EventStore, VersionConflict, type Write } from '@orrery/event-store';
import { fold, type Recorded, systemClock } from '@orrery/kernel';
import { TermOver } from '@orrery/process';
import { traceparentNow, withSpan } from '@orrery/telemetry';
import pg from 'pg';
import { Run } from '../../domain/run/run.ts';
import type { RunCommand } from '../../domain/run/run-commands.ts';
import { type RunEvent, runStream } from '../../domain/run/run-facts.ts';
import type { LiveFact } from '../../domain/scheduling/live/facts.ts';
import { termConstraint } from '../machine-leases.ts';
import { byPlace } from './log-order.ts';

/** A command to one run, to be granted together with others. */
export interface Part {
  readonly runId: string;
  readonly command: RunCommand;
}

interface Judged {
  readonly stream: string;
  readonly version: number;
  readonly history: readonly Recorded<RunEvent>[];
  readonly events: readonly RunEvent[];
}

export interface Granted {
  readonly facts: readonly LiveFact[];
  readonly submitted: readonly Recorded<RunEvent>[];
}

/** What a decision of the scheduler came to: facts, or the histories that it did not know. */
export type Outcome = ({ readonly isGranted: true } & Granted) | { readonly isGranted: false; readonly facts: readonly LiveFact[] };

/** Judged once more by the run itself: it may have ended since, or have been placed by another. */
const judge = async (store: EventStore, { runId, command }: Part): Promise<Judged | null> => {
  const stream = runStream(runId);
  const { events: history, version } = await store.load<RunEvent>(stream);
  const state = fold(
    Run,
    history.map(({ event }) => event),
  );
  const decision = Run.decide(command, state);
  return decision.accepted && decision.events.length > 0 ? { stream, version, history, events: decision.events } : null;
};

const again = async (store: EventStore, parts: readonly Part[]): Promise<Outcome> => {
  const histories = await Promise.all(parts.map(({ runId }) => store.load<RunEvent>(runStream(runId))));
  // In the order in which it happened: members of a gang are placed and lost together.
  return { isGranted: false, facts: histories.flatMap(({ events }) => events).sort(byPlace) };
};

/** Said by a table that takes nothing from a term that is over. */
export const isOverTerm = (error: unknown): error is pg.DatabaseError =>
  error instanceof pg.DatabaseError && error.constraint === termConstraint;

/** What a decision is told by: a span of the trace of the request that submitted the run. */
const inSpan = async (name: string, submitted: Recorded<RunEvent>, work: () => Promise<Committed>): Promise<Committed> => {
  const { orgId, traceparent } = submitted.metadata;
  const settings = { parent: traceparent, orgId, attributes: { 'orrery.run_id': submitted.stream.slice('run-'.length) } };
  return await withSpan(name, settings, work);
};

/**
 * All parts of a decision become facts in one commit, or none does. `writes` are in the same transaction, and refuse it where the
 * scheduler has been replaced.
 */
export const grantTogether = async (
  store: EventStore,
  {
    name,
    parts,
    writes,
  }: { readonly name: string; readonly parts: readonly Part[]; readonly writes: (events: readonly RunEvent[]) => readonly Write[] },
): Promise<Outcome> => {
  const judged = (await Promise.all(parts.map((part) => judge(store, part)))).filter((each) => each !== null);
  const submitted = judged.flatMap(({ history }) => history.slice(0, 1));
  const [first] = submitted;
  if (!first || judged.length < parts.length) return await again(store, parts);
  const { correlationId, orgId } = first.metadata;
  try {
    const { facts } = await inSpan(name, first, async () => {
      const traceparent = traceparentNow();
      return await store.commit({
        appends: judged.map(({ stream, version, events }) => ({ stream, expected: version, events })),
        writes: writes(judged.flatMap(({ events }) => events)),
        metadata: {
          correlationId,
          causationId: first.id,
          actor: 'service:execution',
          ...(orgId === undefined ? {} : { orgId }),
          ...(traceparent === undefined ? {} : { traceparent }),
        },
      });
    });
    // What was committed is what was given: events of runs.
    return { isGranted: true, facts: facts as readonly LiveFact[], submitted };
  } catch (error) {
    // Something happened to one of them meanwhile: it is looked at again.
    if (error instanceof VersionConflict) return await again(store, parts);
    if (isOverTerm(error)) throw new TermOver(error.message, { cause: error });
    throw error;
  }
};

export const nowInstant = (): string => instantOf(systemClock.now());
