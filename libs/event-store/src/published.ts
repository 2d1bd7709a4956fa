import { relayCheckpoint } from './audit.ts';
import { checkpointOf } from './checkpoint.ts';
import type { EventStore } from './event-store.ts';

/** Whether the relay noted that it published everything that can be read of the log now. */
export const isPublished = async (store: Pick<EventStore, 'pool' | 'readLog'>): Promise<boolean> => {
  const events = await store.readLog(await checkpointOf(store.pool, relayCheckpoint), 1);
  return events.length === 0;
};
