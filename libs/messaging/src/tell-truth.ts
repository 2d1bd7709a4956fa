import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import type { SnapshotPublisher } from './snapshot-publisher.ts';

/** A truth that changes faster than it can be told is told by whoever changes it. */
const mostLooks = 10;

/**
 * Publishes the truth about one key of a bucket. It is looked at again afterwards: whoever read an older truth and wrote it later
 * than somebody else a newer one finds the difference, and mends it.
 */
export const tellTruth = async <S extends z.ZodType>(
  publisher: SnapshotPublisher<S>,
  key: string,
  truth: () => Promise<z.output<S> | undefined>,
): Promise<void> => {
  let value = await truth();
  for (let looks = 1; ; looks += 1) {
    if (value === undefined) await publisher.remove(key);
    else await publisher.put(key, value);
    const after = await truth();
    if (looks >= mostLooks || isDeepStrictEqual(after, value)) return;
    value = after;
  }
};
