/** Something was given a time and did not end in it. */
export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

/** What `work` answers, or `TimedOut` after `ms`. The work itself is not stopped: it must have its own end. */
export const within = async <T>(ms: number, what: string, work: () => Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TimedOut(`${what} took longer than ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work(), limit]);
  } finally {
    clearTimeout(timer);
  }
};
