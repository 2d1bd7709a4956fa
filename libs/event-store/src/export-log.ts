import { logStart } from '@orrery/kernel';
import { type CloudEvent, cloudEventOf } from './cloud-event.ts';
import type { EventStore } from './event-store.ts';
import { placeAt } from './log-place.ts';

const page = 1_000;

/** A log as others see it, from an instant on or from its start, in its order: a page at a time, however long it is. */
export async function* exportLog(
  store: Pick<EventStore, 'pool' | 'readLog' | 'registry'>,
  from: Date | 'start',
): AsyncGenerator<CloudEvent, void, undefined> {
  let after = from === 'start' ? logStart : await placeAt(store.pool, from);
  for (let events = await store.readLog(after, page); events.length > 0; events = await store.readLog(after, page)) {
    for (const recorded of events) {
      after = recorded.place;
      const contract = store.registry.contractOf(recorded.event.type);
      if (!contract.isPrivate) yield cloudEventOf(recorded, contract);
    }
  }
}
