import { startRelay } from '../../src/index.ts';
import { connectTo, openStore } from '../fixtures/bus.ts';
import { OrderEvents } from '../fixtures/orders.ts';
import { settings } from './settings.ts';

/** The shop's relay, in a process of its own. */
const run = async (): Promise<void> => {
  const { shopUrl, natsUrl, say } = settings();
  const [{ store }, nats] = await Promise.all([openStore('shop', [OrderEvents], shopUrl), connectTo(natsUrl)]);
  startRelay({ store, nats });
  say('ready');
};

void run();
