import { setTimeout as pause } from 'node:timers/promises';
import { type Expected, wrongWith } from './bill.ts';

/** Of minutes of load, told while those who write it down were held. */
const patienceMs = 180_000;
const everyMs = 1_000;

/** Once nothing comes any more, each answered request is on the bill, once. Throws where that is not so. */
export const onTheBill = async (billed: () => Promise<number>, expected: Expected): Promise<void> => {
  const until = performance.now() + patienceMs;
  for (let [last, isStill] = [-1, false]; ; ) {
    const now = await billed();
    isStill = now === last && now >= expected.least;
    const wrong = wrongWith(now, expected);
    if (isStill && wrong === undefined) return;
    if (wrong !== undefined && (isStill || performance.now() > until)) throw new Error(wrong);
    last = now;
    await pause(everyMs);
  }
};
