import { setTimeout as pause } from 'node:timers/promises';
import { CallFailed } from './api.ts';

/** Asks again until the answer is there, or says what was awaited. */
export const until = async <T>(what: string, ask: () => Promise<T | undefined> | T | undefined, withinMs = 15_000): Promise<T> => {
  const end = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new CallFailed(`waited ${withinMs / 1_000} s for ${what}`);
    await pause(100);
  }
};
