import type { Command, Event } from './message.ts';

/**
 * A pure process manager: what to wish for next, seen from the facts so far.
 * A timer is a command to oneself with a due time; the runner keeps it as a row.
 */
export interface Process<S, E extends Event, C extends Command> {
  readonly initial: S;
  readonly evolve: (state: S, event: E) => S;
  readonly react: (state: S, event: E) => readonly C[];
}
