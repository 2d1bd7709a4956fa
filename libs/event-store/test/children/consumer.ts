import { consumer, handleWith, startConsumers } from '../../src/index.ts';
import { connectTo, openStore } from '../fixtures/bus.ts';
import { OrderEvents, Parcel, ParcelEvents } from '../fixtures/orders.ts';
import { letterWriter } from '../fixtures/rig.ts';
import { settings } from './settings.ts';

/** The post office, in a process of its own: one consumer that writes rows, one that decides, one that does not care for order. */
const run = async (): Promise<void> => {
  const { postUrl, natsUrl, say } = settings();
  const [{ store }, nats] = await Promise.all([openStore('post', [ParcelEvents], postUrl), connectTo(natsUrl)]);
  const send = handleWith(store, Parcel, { name: 'parcel' });
  const parcels = consumer({
    service: 'post',
    name: 'parcels',
    events: [OrderEvents.OrderPlaced],
    react: async ({ id, event }, { context, inbox }) => {
      await send(`parcel-${id}`, { type: 'Send', order: event.data.number }, context, { inbox });
      return undefined;
    },
  });
  const stamps = consumer({
    service: 'post',
    name: 'stamps',
    events: [OrderEvents.OrderPlaced],
    order: 'none',
    ackWaitMs: 1_500,
    react: async ({ id, event }) => {
      // Two appends of one effect: both or neither.
      const { version } = await store.load(`stamp-${id}`);
      const sent = [{ type: 'ParcelSent', data: { order: event.data.number } }];
      return {
        appends: [
          { stream: `stamp-${id}`, expected: version, events: sent },
          { stream: `copy-${id}-${version}`, expected: 0, events: sent },
        ],
      };
    },
  });
  startConsumers({ consumers: [letterWriter(), parcels, stamps], store, nats });
  say('ready');
};

void run();
