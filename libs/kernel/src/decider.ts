import type { Command, Event, Rejection } from './message.ts';

export type Decision<E extends Event, R extends Rejection> =
  | { readonly accepted: true; readonly events: readonly E[] }
  | { readonly accepted: false; readonly rejection: R };

/** A pure state machine: everything the domain knows, and nothing else. */
export interface Decider<C extends Command, E extends Event, S, R extends Rejection> {
  readonly initial: S;
  readonly decide: (command: C, state: S) => Decision<E, R>;
  /** Never checks and never fails: if it needed a check, the event was wrong. */
  readonly evolve: (state: S, event: E) => S;
}

/** Grants a wish. Without events: the wish is already true. */
export const accept = <E extends Event>(...events: readonly E[]): { readonly accepted: true; readonly events: readonly E[] } => ({
  accepted: true,
  events,
});

export const reject = <const C extends string, const D extends object>(
  code: C,
  details: D,
): { readonly accepted: false; readonly rejection: Rejection<C, D> } => ({ accepted: false, rejection: { code, details } });

export const fold = <C extends Command, E extends Event, S, R extends Rejection>(
  decider: Decider<C, E, S, R>,
  history: Iterable<E>,
  from: S = decider.initial,
): S => {
  let state = from;
  for (const event of history) state = decider.evolve(state, event);
  return state;
};
