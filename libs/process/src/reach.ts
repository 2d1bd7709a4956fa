import { CannotStart } from './cannot-start.ts';
import { complaintOf, isHopeless, isOfServer, type Target } from './complaint.ts';
import { NeverCame, type Patience, patiently } from './patiently.ts';

/** The host and port of a server's URL: what may be shown of it. */
export const addressOf = (url: string): string => {
  const { host, searchParams } = new URL(url);
  return host || searchParams.get('host') || 'localhost';
};

/** For a server that is tried once: `CannotStart` where it, the way to it or the login is at fault; any other error as it is. */
export const explained = (target: Target, error: unknown): unknown =>
  isOfServer(error) ? new CannotStart(complaintOf(target, 'cannot be used', error), { cause: error }) : error;

/** Waits for a server that must be there. Throws `CannotStart`, which names the variable to mend. */
export const reach = async <T>(target: Target, attempt: () => Promise<T>, patience: Omit<Patience, 'isFinal'>): Promise<T> => {
  try {
    return await patiently(`${target.title} at ${target.address}`, attempt, { ...patience, isFinal: isHopeless });
  } catch (error) {
    if (error instanceof NeverCame) {
      throw new CannotStart(complaintOf(target, `did not answer within ${patience.ms / 1e3} s`, error.cause), { cause: error });
    }
    throw explained(target, error);
  }
};
