import { pause } from './pause.ts';

export interface BackOff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** The pause before try `attempt` (from 1): doubling up to the longest, and between half and all of it, so that many do not come at once. */
export const pauseOf = (attempt: number, { firstMs, longestMs }: BackOff, random: () => number = Math.random): number => {
  const whole = Math.min(longestMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  return whole / 2 + (whole / 2) * random();
};

export interface Persistence {
  readonly signal: AbortSignal;
  readonly backOff: BackOff;
  /** Told of each failure and of the pause that follows. */
  readonly failed: (error: unknown, pauseMs: number) => void;
  /** The work is done for good. Default: never. */
  readonly until?: () => boolean;
}

/** What ran this long was well: the next failure counts from one again. */
const recoveredAfterMs = 10_000;

/** Does the work again whenever it ends or fails, until the signal. The outermost loop of whatever must outlive its servers. */
export const persist = async (work: () => Promise<void>, { signal, backOff, failed, until }: Persistence): Promise<void> => {
  let failures = 0;
  while (!signal.aborted && until?.() !== true) {
    const startedAt = performance.now();
    try {
      await work();
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      if (performance.now() - startedAt > recoveredAfterMs) failures = 0;
      failures += 1;
      const pauseMs = pauseOf(failures, backOff);
      failed(error, pauseMs);
      await pause(pauseMs, signal);
    }
  }
};

export interface Rhythm {
  readonly everyMs: number;
  readonly signal: AbortSignal;
  /** Told of each failure, after which the next time comes all the same. Absent: a failure ends the repetition. */
  readonly failed?: (error: unknown) => void;
}

/** Does the work again and again, one at a time, with a rest between that differs, so that those who began together do not stay together. */
export const repeat = async (work: () => Promise<void>, { everyMs, signal, failed }: Rhythm): Promise<void> => {
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      if (!failed) throw error;
      failed(error);
    }
    await pause(everyMs * (0.75 + Math.random() / 2), signal);
  }
};
