import { Problem, terminal, timed } from '../terminal.ts';
import { untilTold } from '../until-told.ts';
import { endPrograms } from './agent.ts';
import type { StackPaths } from './paths.ts';
import { Stack } from './stack.ts';

/** Opens a stack, works with it until the work is done or we are told to end, and closes it whatever happens. */
export const withStack = async (paths: StackPaths, work: (stack: Stack, told: Promise<unknown>) => Promise<void>): Promise<void> => {
  const told = untilTold();
  const stack = await Stack.open(paths);
  const failures: unknown[] = [];
  const working = work(stack, told).catch((error: unknown) => failures.push(error));
  await Promise.race([working, told]);
  terminal.line('');
  await timed('stopped in order', () => stack.close());
  await endPrograms(paths);
  const [failure] = failures;
  // What fails because it was interrupted is no failure.
  if (failure instanceof Problem && failure.message === 'The stack is being stopped') return;
  if (failure !== undefined) throw failure;
};
