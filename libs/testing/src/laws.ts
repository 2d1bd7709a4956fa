import { deepStrictEqual, ok } from 'node:assert/strict';
import { type Command, type Decider, type Event, fold, type Rejection } from '@orrery/kernel';
import fc from 'fast-check';

export interface Law {
  readonly name: string;
  /** Throws with the shortest history that breaks it. */
  readonly check: () => void;
}

export interface LawOptions<C> {
  /** Commands that mean something new each time they come (a deposit, a heartbeat). Default: none. */
  readonly isRepeatable?: (command: C) => boolean;
  readonly runs?: number;
  /** How many commands a history has at most. */
  readonly longest?: number;
}

const frozen = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) frozen(part);
  }
  return value;
};

/**
 * What every decider must keep, whatever it decides: `it.each(lawsOf(Run, commands))('$name', ({ check }) => check())`.
 * `commands` should draw from few ids, so that commands meet each other.
 */
export const lawsOf = <C extends Command, E extends Event, S, R extends Rejection>(
  decider: Decider<C, E, S, R>,
  commands: fc.Arbitrary<C>,
  { isRepeatable = () => false, runs = 200, longest = 20 }: LawOptions<C> = {},
): readonly Law[] => {
  const histories = fc.array(commands, { maxLength: longest });
  const law = (name: string, check: (history: readonly C[]) => void): Law => ({
    name,
    check: () => fc.assert(fc.property(histories, check), { numRuns: runs }),
  });

  /** Decides command after command; tells `each` the state before it and what came of it. */
  const live = (history: readonly C[], each: (command: C, before: S, events: readonly E[], after: S) => void): void => {
    let state = frozen(decider.initial);
    for (const command of history) {
      const decision = decider.decide(frozen(command), state);
      const events = decision.accepted ? frozen(decision.events) : [];
      const after = frozen(fold(decider, events, state));
      each(command, state, events, after);
      state = after;
    }
  };

  return [
    law('decides and evolves whatever history led here, and touches nothing it was given', (history) => live(history, () => {})),
    law('decides the same on the same state', (history) =>
      live(history, (command, before) => deepStrictEqual(decider.decide(command, before), decider.decide(command, before))),
    ),
    law('gives the same state from the whole history as step by step', (history) => {
      const all: E[] = [];
      live(history, (_command, _before, events, after) => {
        all.push(...events);
        deepStrictEqual(fold(decider, all), after);
      });
    }),
    law('records plain JSON', (history) =>
      live(history, (_command, _before, events) => deepStrictEqual(JSON.parse(JSON.stringify(events)), events)),
    ),
    law('grants or refuses a repeated command without a new event', (history) =>
      live(history, (command, _before, events, after) => {
        if (events.length === 0 || isRepeatable(command)) return;
        const again = decider.decide(command, after);
        ok(!again.accepted || again.events.length === 0, `${command.type} came twice and was recorded twice`);
      }),
    ),
  ];
};
