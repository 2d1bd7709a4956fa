/** A queue is an organization's, or one of its projects'. */
export const orgOf = (queue: string): string => {
  const slash = queue.indexOf('/');
  return slash === -1 ? queue : queue.slice(0, slash);
};
