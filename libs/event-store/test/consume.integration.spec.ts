import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { NatsServer } from '@orrery/servers';
import { eventually, startNats } from '@orrery/testing';
import { headers, type NatsConnection } from 'nats';
import { type Consumer, type Consumers, consumer, handleWith, type Relay, startConsumers, startRelay } from '../src/index.ts';
import { connectTo, freshStore, type OpenStore, placeOrders } from './fixtures/bus.ts';
import { metadata, OrderEvents, orgId, Parcel, ParcelEvents, placed } from './fixtures/orders.ts';
import { disordered, type Letter, lettersTable, writeLetter } from './fixtures/rig.ts';

// Two shared cores: what takes half a second here may take ten beside other suites.
jest.setTimeout(60_000);

describe('A consumer', () => {
  let server: NatsServer;
  let nats: NatsConnection;
  let shop: OpenStore;
  let post: OpenStore;
  let relay: Relay;
  const running: Consumers[] = [];

  beforeAll(async () => {
    server = await startNats();
  });
  afterAll(() => server.stop());

  beforeEach(async () => {
    [shop, post] = await Promise.all([freshStore('shop', [OrderEvents]), freshStore('post', [ParcelEvents])]);
    nats = await connectTo(server.url);
    const jsm = await nats.jetstreamManager();
    for (const name of await jsm.streams.names().next()) await jsm.streams.delete(name);
    await post.store.pool.query(lettersTable);
    relay = startRelay({ store: shop.store, nats });
  });

  afterEach(async () => {
    for (const consumers of running.splice(0)) await consumers.stop();
    await relay.stop();
    await nats.close();
    await Promise.all([shop.close(), post.close()]);
  });

  const start = (...consumers: Consumer[]): Consumers => {
    const started = startConsumers({ consumers, store: post.store, nats });
    running.push(started);
    return started;
  };
  const letters = async (): Promise<readonly Letter[]> => (await post.store.pool.query<Letter>('SELECT * FROM letters ORDER BY at')).rows;

  const writer = (settings: Partial<Consumer> = {}): Consumer =>
    consumer({
      service: 'post',
      name: 'letters',
      events: [OrderEvents.OrderPlaced],
      write: writeLetter,
      ...settings,
    });

  it('writes into its own tables once for each event, whatever came before it started', async () => {
    const ids = [...(await placeOrders(shop.store, 0, 200))];
    start(writer());
    ids.push(...(await placeOrders(shop.store, 200, 200)));
    await eventually(async () => expect((await letters()).length).toBe(400));
    expect((await letters()).map(({ event_id }) => event_id).sort()).toEqual(ids.sort());
  });

  it('commits the effect that a reaction returns, as caused by the event and in its trace', async () => {
    start(
      consumer({
        service: 'post',
        name: 'parcels',
        events: [OrderEvents.OrderPlaced],
        react: async ({ stream, event }) => ({
          appends: [{ stream: `parcel-${stream}`, expected: 0, events: [{ type: 'ParcelSent', data: { order: event.data.number } }] }],
        }),
      }),
    );
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const order = placed(7);
    const { facts } = await shop.store.commit({ appends: [order], metadata: { ...metadata, orgId, traceparent } });
    const { events } = await eventually(async () => {
      const loaded = await post.store.load(`parcel-${order.stream}`);
      return loaded.version === 1 && loaded;
    });
    expect(events[0]).toMatchObject({
      event: { type: 'ParcelSent', data: { order: 7 } },
      metadata: { correlationId: 'test', causationId: facts[0]?.id, actor: 'service:post', orgId },
    });
    expect(events[0]?.metadata.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-/);
  });

  it('decides once for each event by handleWith, however often it is delivered', async () => {
    const send = handleWith(post.store, Parcel, { name: 'parcel' });
    start(
      consumer({
        service: 'post',
        name: 'deciding',
        events: [OrderEvents.OrderPlaced],
        react: async ({ stream, event }, { context, inbox }) => {
          await send(`parcel-${stream}`, { type: 'Send', order: event.data.number }, context, { inbox });
          return undefined;
        },
      }),
    );
    const order = placed(1);
    await shop.store.commit({ appends: [order], metadata });
    await eventually(async () => (await post.store.load(`parcel-${order.stream}`)).version === 1);
    await redeliver(nats);
    const last = placed(2);
    await shop.store.commit({ appends: [last], metadata });
    await eventually(async () => (await post.store.load(`parcel-${last.stream}`)).version === 1);
    expect((await post.store.load(`parcel-${order.stream}`)).version).toBe(1);
  });

  it('does not look again at an event that gave it nothing to do', async () => {
    const seen: number[] = [];
    start(
      consumer({
        service: 'post',
        name: 'idle',
        events: [OrderEvents.OrderPlaced],
        react: async ({ event }) => {
          seen.push(event.data.number);
          return undefined;
        },
      }),
    );
    await placeOrders(shop.store, 1, 1);
    await eventually(() => seen.length === 1);
    await redeliver(nats);
    await placeOrders(shop.store, 2, 1);
    await eventually(() => seen.includes(2));
    expect(seen).toEqual([1, 2]);
  });

  it('passes over types that it did not ask for', async () => {
    start(writer());
    const order = placed(1);
    await shop.store.commit({
      appends: [
        { ...order, events: [...order.events, { type: 'OrderPaid', data: { number: 1 } }, { type: 'OrderShipped', data: { number: 1 } }] },
      ],
      metadata,
    });
    await placeOrders(shop.store, 2, 1);
    await eventually(async () => (await letters()).length === 2);
    expect((await letters()).map(({ number }) => number)).toEqual([1, 2]);
    const info = await (await nats.jetstreamManager()).consumers.info('LOG_SHOP', 'post--letters--shop');
    expect(info.config.filter_subject).toBe('log.shop.OrderPlaced.>');
  });

  it('keeps the order of each stream, also where one event fails a few times', async () => {
    const tried = new Map<string, number>();
    const streams = Array.from({ length: 20 }, () => `order-${randomUUID()}`);
    start(
      consumer({
        service: 'post',
        name: 'letters',
        events: [OrderEvents.OrderPlaced, OrderEvents.OrderPaid, OrderEvents.OrderShipped],
        write: async (recorded, client) => {
          const { id, version } = recorded;
          const tries = (tried.get(id) ?? 0) + 1;
          tried.set(id, tries);
          if (version === 2 && tries < 4) throw new Error('not yet');
          await writeLetter(recorded, client);
        },
      }),
    );
    for (const stream of streams) {
      const data = { number: 1 };
      const events = [
        { type: 'OrderPlaced', data },
        { type: 'OrderPaid', data },
        { type: 'OrderShipped', data },
      ];
      await shop.store.commit({ appends: [{ stream, expected: 0, events }], metadata });
    }
    await eventually(async () => expect((await letters()).length).toBe(60));
    expect(disordered(await letters())).toEqual([]);
  });

  it('stops at whatever moment it is told to', async () => {
    await placeOrders(shop.store, 0, 1);
    start(writer());
    await eventually(async () => expect(await letters()).toHaveLength(1), { within: 20_000 });
    for (let ms = 0; ms < 40; ms += 1) {
      const consumers = startConsumers({ consumers: [writer({ name: `brief-${ms}`, order: 'none' })], store: post.store, nats });
      await pause(ms);
      const stopped = consumers.stop().then(() => true);
      expect(await Promise.race([stopped, pause(8_000, false)])).toBe(true);
    }
  });

  it('shares the events of an order-free consumer between processes', async () => {
    const handled: string[][] = [[], []];
    for (const mine of handled) {
      start(
        consumer({
          service: 'post',
          name: 'shared',
          events: [OrderEvents.OrderPlaced],
          order: 'none',
          window: 20,
          concurrency: 5,
          react: async ({ id }) => {
            mine.push(id);
            return undefined;
          },
        }),
      );
    }
    const ids = await placeOrders(shop.store, 0, 1_000);
    await eventually(() => handled.flat().length === 1_000);
    expect(handled.flat().sort()).toEqual([...ids].sort());
    expect(handled.every((mine) => mine.length > 0)).toBe(true);
  });

  it('works in one process at a time where order matters, and moves to another when that one stops', async () => {
    const stream = `order-${randomUUID()}`;
    const pay = async (from: number, count: number): Promise<void> => {
      const events = Array.from({ length: count }, (_, index) => ({ type: 'OrderPlaced', data: { number: from + index } }));
      await shop.store.commit({ appends: [{ stream, expected: from, events }], metadata });
    };
    const first = start(writer());
    await pay(0, 50);
    await eventually(async () => (await letters()).length === 50);
    start(writer());
    await pay(50, 50);
    await eventually(async () => (await letters()).length === 100);
    await first.stop();
    await pay(100, 50);
    await eventually(async () => (await letters()).length === 150);
    expect((await letters()).map(({ number }) => number)).toEqual(Array.from({ length: 150 }, (_, index) => index));
  });
});

/** Publishes every message of the stream once more, as a refill does. */
const redeliver = async (nats: NatsConnection): Promise<void> => {
  const jsm = await nats.jetstreamManager();
  const { state } = await jsm.streams.info('LOG_SHOP');
  for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
    const message = await jsm.streams.getMessage('LOG_SHOP', { seq });
    const copy = headers();
    copy.set('Orrery-Repeat', '');
    const id = `${message.header.get('Nats-Msg-Id')}:again`;
    await nats.jetstream().publish(message.subject, message.data, { msgID: id, headers: copy });
  }
};
