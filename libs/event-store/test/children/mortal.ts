import { startConsumers } from '../../src/index.ts';
import { connectTo, openStore } from '../fixtures/bus.ts';
import { ParcelEvents } from '../fixtures/orders.ts';
import { letterWriter, writeLetter } from '../fixtures/rig.ts';
import { settings } from './settings.ts';

/** A post office that does not survive a certain order. */
const run = async (): Promise<void> => {
  const { postUrl, natsUrl, say } = settings();
  const [{ store }, nats] = await Promise.all([openStore('post', [ParcelEvents], postUrl), connectTo(natsUrl)]);
  const letters = letterWriter({
    ...(process.env.ORRERY_TEST_ORDER === 'none' ? { order: 'none', ackWaitMs: 1_000 } : {}),
    write: async (recorded, client) => {
      await writeLetter(recorded, client);
      if (Reflect.get(recorded.event.data, 'note') === 'deadly') process.kill(process.pid, 'SIGKILL');
    },
  });
  startConsumers({ consumers: [letters], store, nats });
  say('ready');
};

void run();
