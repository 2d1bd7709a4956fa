import { setTimeout as pause } from 'node:timers/promises';
import type { Running } from '@orrery/process';

export interface Rhythm {
  readonly everyMs: number;
  readonly onFault: (error: unknown) => void;
}

/** Does a piece of work again and again, one at a time; a fault is told and the next time comes all the same. */
export const every = ({ everyMs, onFault }: Rhythm, work: (signal: AbortSignal) => Promise<void>): Running => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await work(signal).catch(onFault);
      // Replicas that started together must not look together.
      await pause(everyMs * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    stop: () => {
      stopping.abort();
      return running;
    },
  };
};
