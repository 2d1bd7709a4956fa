import { statSync } from 'node:fs';
import { Problem } from '../terminal.ts';
import type { StackPaths } from './paths.ts';

/**
 * Refuses a stack of another user before anything of it is touched: root, who runs PostgreSQL as somebody else, would take the data
 * away from whoever made it.
 */
export const requireOwn = ({ name, own }: Pick<StackPaths, 'name' | 'own'>, uid: number | undefined = process.getuid?.()): void => {
  const owner = statSync(own, { throwIfNoEntry: false })?.uid;
  if (owner === undefined || uid === undefined || owner === uid) return;
  throw new Problem(
    `The stack ${name} in ${own} belongs to another user (uid ${owner}; you are ${uid}). ` +
      'Run this as that user, or take a stack of your own: -- --name other',
  );
};
