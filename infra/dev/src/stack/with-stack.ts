import { setTimeout as pause } from 'node:timers/promises';
import { Problem, terminal, timed } from '../terminal.ts';
import { interrupted, untilTold } from '../until-told.ts';
import { endPrograms } from './agent.ts';
import { killLeftovers } from './leftovers.ts';
import type { StackPaths } from './paths.ts';
import { Stack } from './stack.ts';

/** What works with a stack that is gone finds out soon. */
const settleMs = 2_000;

/** Opens a stack, works with it until the work is done or we are told to end, and closes it whatever happens. */
export const withStack = async (paths: StackPaths, work: (stack: Stack, told: Promise<unknown>) => Promise<void>): Promise<void> => {
  let isTold = false;
  const told = untilTold(async () => {
    await killLeftovers(paths);
    await endPrograms(paths);
  }).then(() => {
    isTold = true;
    terminal.line('\nStopping in order …');
  });
  const stack = await Stack.open(paths);
  const failures: { readonly error: unknown; readonly isTold: boolean }[] = [];
  const begin = async (): Promise<void> => {
    if (isTold) throw new Problem('It was told to end before it began');
    await work(stack, told);
  };
  const working = begin().catch((error: unknown) => {
    failures.push({ error, isTold });
  });
  await Promise.race([working, told]);
  await timed('stopped in order', () => stack.close());
  await endPrograms(paths);
  await Promise.race([working, pause(settleMs)]);
  const [failure] = failures;
  // What fails because it was interrupted is no failure.
  if (failure?.isTold === true) process.exitCode = interrupted;
  else if (failure !== undefined) throw failure.error;
};
