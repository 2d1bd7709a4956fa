import { pause, pauseOf } from '@orrery/kernel';
import type { Log } from '@orrery/telemetry';
import { CannotStart } from './cannot-start.ts';
import { within } from './within.ts';

export interface Patience {
  readonly log: Log;
  /** How long in all. */
  readonly ms: number;
  /** Ends the wait early: the process is told to stop. */
  readonly signal?: AbortSignal;
  /** True for an error that waiting does not mend, such as a wrong password. */
  readonly isFinal?: (error: unknown) => boolean;
}

/** What was awaited at start did not come in time. */
export class NeverCame extends CannotStart {
  override readonly name = 'NeverCame';
}

const backOff = { firstMs: 100, longestMs: 2_000 };
const attemptMs = 10_000;
/** What the last attempt may take beyond the time that there is in all. */
const leastMs = 1_000;
const remindMs = 10_000;

const messageOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
};

/** Tries to reach something until it answers, and says once in a while what is awaited. */
export const patiently = async <T>(what: string, attempt: () => Promise<T>, { log, ms, signal, isFinal }: Patience): Promise<T> => {
  const began = performance.now();
  let saidAt = Number.NEGATIVE_INFINITY;
  for (let tries = 1; ; tries += 1) {
    const wait = pauseOf(tries, backOff);
    try {
      return await within(Math.min(attemptMs, Math.ceil(ms - (performance.now() - began)) + leastMs), what, attempt);
    } catch (error) {
      const waited = performance.now() - began;
      if (isFinal?.(error)) throw error;
      if (waited + wait > ms) throw new NeverCame(`${what} did not answer within ${ms / 1e3} s: ${messageOf(error)}`, { cause: error });
      if (waited - saidAt > remindMs) {
        saidAt = waited;
        log.warn(`waiting for ${what}: ${messageOf(error)}`);
      }
    }
    await pause(wait, signal);
    signal?.throwIfAborted();
  }
};
