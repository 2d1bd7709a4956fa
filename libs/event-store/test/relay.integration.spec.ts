import type { NatsServer } from '@orrery/servers';
import { eventually, startNats } from '@orrery/testing';
import type { NatsConnection } from 'nats';
import { audit, type Relay, startRelay } from '../src/index.ts';
import { connectTo, freshStore, type OpenStore, placeOrders } from './fixtures/bus.ts';
import { messagesOf } from './fixtures/messages.ts';
import { metadata, OrderEvents, orgId, placed } from './fixtures/orders.ts';

// Two shared cores: what takes half a second here may take ten beside other suites.
jest.setTimeout(60_000);

describe('The relay', () => {
  let server: NatsServer;
  let nats: NatsConnection;
  let shop: OpenStore;
  const relays: Relay[] = [];

  beforeEach(async () => {
    [server, shop] = await Promise.all([startNats(), freshStore('shop', [OrderEvents])]);
    nats = await connectTo(server.url);
  });

  afterEach(async () => {
    for (const relay of relays.splice(0)) await relay.stop();
    await nats.close();
    await Promise.all([shop.close(), server.stop()]);
  });

  const start = (): Relay => {
    const relay = startRelay({ store: shop.store, nats });
    relays.push(relay);
    return relay;
  };

  it('publishes an event as a CloudEvent on the subject of its type, organization and stream', async () => {
    start();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const order = placed(1);
    const { facts } = await shop.store.commit({ appends: [order], metadata: { ...metadata, orgId, traceparent } });
    const [message] = await eventually(async () => (await messagesOf(nats, 'shop')).length === 1 && messagesOf(nats, 'shop'));
    expect(message?.subject).toBe(`log.shop.OrderPlaced.${orgId}.${order.stream}`);
    expect(message?.event).toMatchObject({
      specversion: '1.0',
      id: facts[0]?.id,
      source: '/orrery/shop',
      type: 'orrery.shop.OrderPlaced.v1',
      subject: order.stream,
      data: { number: 1, note: '' },
      orgid: orgId,
      actor: 'service:test',
      sequence: expect.stringMatching(/^\d+\.\d+$/),
      streamversion: 1,
      traceparent,
    });
    // The relay's own span, of the same trace.
    expect(message?.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-/);
    expect(message?.traceparent).not.toBe(traceparent);
  });

  it('publishes what was there before it started and what comes after, in the order of the log', async () => {
    const before = await placeOrders(shop.store, 0, 1_500);
    start();
    const after = await placeOrders(shop.store, 1_500, 500);
    await eventually(async () => expect((await messagesOf(nats, 'shop')).length).toBe(2_000));
    const log = await shop.store.readLog({ transaction: 0n, position: 0n }, 10_000);
    const published = await messagesOf(nats, 'shop');
    expect(published.map(({ id }) => id)).toEqual(log.map(({ id }) => id));
    expect(new Set(published.map(({ id }) => id))).toEqual(new Set([...before, ...after]));
  });

  it('waits for its turn while another is active, and takes over when that one stops', async () => {
    const first = start();
    await eventually(() => first.isActive());
    const second = start();
    await placeOrders(shop.store, 0, 10);
    await eventually(async () => (await messagesOf(nats, 'shop')).length === 10);
    expect(second.isActive()).toBe(false);
    await first.stop();
    await placeOrders(shop.store, 10, 10);
    await eventually(async () => (await messagesOf(nats, 'shop')).length === 20);
    expect(second.isActive()).toBe(true);
  });

  it('finds in an audit nothing to complain of', async () => {
    start();
    await placeOrders(shop.store, 0, 300);
    await eventually(async () => (await audit({ store: shop.store, nats })).checked === 300);
    expect((await audit({ store: shop.store, nats })).missing).toEqual([]);
  });
});
