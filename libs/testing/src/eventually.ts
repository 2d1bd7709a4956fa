import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';

export interface Patience {
  /** How long to go on asking. */
  readonly within?: number;
  /** The pause between two questions. */
  readonly every?: number;
}

/** What a probe says while it waits. */
type NotYet = undefined | null | false;

const assertionsSoFar = (): number => {
  const state: { assertionCalls?: number } = typeof expect === 'function' ? expect.getState() : {};
  return state.assertionCalls ?? 0;
};

const describe = (seen: unknown): string =>
  seen instanceof Error ? seen.message : inspect(seen, { depth: 4, breakLength: 120, maxArrayLength: 20 });

/**
 * Asks until the answer is neither `undefined`, `null` nor `false`, and returns it. A probe may also make assertions
 * with `expect` and answer nothing: it then waits until they all hold. When time is up, the error says what was seen last.
 */
export const eventually = async <T>(
  probe: () => T | Promise<T>,
  { within = 10_000, every = 20 }: Patience = {},
): Promise<Exclude<T, NotYet>> => {
  const deadline = Date.now() + within;
  let seen: unknown;
  for (let asked = 0; asked === 0 || Date.now() < deadline; asked += 1) {
    if (asked > 0) await pause(every);
    const before = assertionsSoFar();
    try {
      const answer = await probe();
      // The one place where `undefined` is a yes: assertions were made, and none failed.
      if (answer === undefined ? assertionsSoFar() > before : answer !== null && answer !== false) return answer as Exclude<T, NotYet>;
      seen = answer;
    } catch (error) {
      seen = error;
    }
  }
  throw new Error(`Not within ${within} ms. Seen last: ${describe(seen)}`, { cause: seen });
};
