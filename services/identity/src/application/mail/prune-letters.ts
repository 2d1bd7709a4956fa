import type { Chore } from '../chores.ts';
import type { Post } from './post.ts';

const everyMs = 60_000;

/** Forgets letters that nobody wants any more. */
export const pruneLetters = (post: Post): Chore => ({
  everyMs,
  work: async () => {
    while ((await post.prune()) > 0);
  },
});
