import { persist } from '@orrery/kernel';
import type { Runtime } from '../runtime/runtime.ts';
import type { Tools } from './tools.ts';

interface Removing extends Pick<Tools, 'log'> {
  readonly runtime: Pick<Runtime, 'remove'>;
}

const backOff = { firstMs: 2_000, longestMs: 30_000 };

/** Removes what an attempt left on the machine, however often that takes; false where the agent was stopped before it could. */
export const removed = async (key: string, { runtime, log }: Removing, signal: AbortSignal): Promise<boolean> => {
  let isRemoved = false;
  const remove = async (): Promise<void> => {
    await runtime.remove(key);
    isRemoved = true;
  };
  const failed = (err: unknown): void => log.error({ err, attempt: key }, 'could not be removed yet');
  await persist(remove, { signal, backOff, failed, until: () => isRemoved });
  return isRemoved;
};

/** Gives back what was made for it before the platform gives its place to another; what fails is done when its last trace is removed. */
export const vacated = async (key: string, { runtime, log }: Tools): Promise<void> => {
  try {
    await runtime.vacate(key);
  } catch (err) {
    log.error({ err, attempt: key }, 'what was made for it is still there');
  }
};
