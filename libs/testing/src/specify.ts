import { deepStrictEqual, fail } from 'node:assert/strict';
import { type Command, type Decider, type Event, fold, type Rejection } from '@orrery/kernel';

/** The details of the refusals that may bear this code. */
type DetailsOf<R extends Rejection, K> = R extends { readonly code: infer C; readonly details: infer D }
  ? K extends C
    ? D
    : never
  : never;

interface Then<E extends Event, R extends Rejection> {
  /** Exactly these events, in this order. */
  readonly thenEvents: (...events: readonly E[]) => void;
  /** Accepted, and nothing new: the wish was already true. */
  readonly thenNothing: () => void;
  /** Refused with this code; `details` are compared when given. */
  readonly thenRejected: <K extends R['code']>(code: K, details?: DetailsOf<R, K>) => void;
}

interface When<C extends Command, E extends Event, R extends Rejection> {
  readonly when: (command: C) => Then<E, R>;
}

/** The one vocabulary of decider tests: `given(…facts).when(command).thenEvents(…)`. */
export const specify = <C extends Command, E extends Event, S, R extends Rejection>(
  decider: Decider<C, E, S, R>,
): { readonly given: (...history: readonly E[]) => When<C, E, R> } => ({
  given: (...history) => ({
    when: (command) => {
      const decision = decider.decide(command, fold(decider, history));
      const events = (): readonly E[] => {
        if (decision.accepted) return decision.events;
        return fail(`${command.type} was rejected: ${decision.rejection.code} ${JSON.stringify(decision.rejection.details)}`);
      };
      return {
        thenEvents: (...expected) => deepStrictEqual(events(), expected),
        thenNothing: () => deepStrictEqual(events(), []),
        thenRejected: (code, details) => {
          if (decision.accepted) fail(`${command.type} was accepted: ${JSON.stringify(decision.events)}`);
          deepStrictEqual(decision.rejection.code, code);
          if (details !== undefined) deepStrictEqual(decision.rejection.details, details);
        },
      };
    },
  }),
});
