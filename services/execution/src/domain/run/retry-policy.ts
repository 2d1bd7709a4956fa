import type { execution } from '@orrery/contracts';

const refusedDelayMs = 1_000;

/**
 * How long a lost attempt keeps its run out of the queue. A machine that is gone says nothing about the next one; a start that
 * was refused may be refused again for the same passing reason, so it waits, longer each time.
 */
export const retryDelayMs = (reason: execution.EndReason, attempt: number): number =>
  reason === 'start-failed' ? refusedDelayMs * 3 ** (attempt - 1) : 0;
