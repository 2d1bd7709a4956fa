import { randomUUID } from 'node:crypto';
import { eventually } from '@orrery/testing';
import { type Consumer, consumer, deadLetters, replayDead } from '../src/index.ts';
import { placeOrders } from './fixtures/bus.ts';
import { metadata, OrderEvents, placed } from './fixtures/orders.ts';
import { effectsOf, letterWriter, noDifference, type Rig, startRig, writeLetter } from './fixtures/rig.ts';

const patience = { attempts: 3, backOff: { firstMs: 5, longestMs: 20 } };

// Two shared cores: what takes half a second here may take ten beside other suites.
jest.setTimeout(60_000);

describe('An event that cannot be handled', () => {
  let rig: Rig;

  beforeEach(async () => {
    rig = await startRig();
    rig.relay();
  });
  afterEach(() => rig.stop());

  /** A writer that no order with this note survives. */
  const fussy = (mind: { closed: boolean }, settings: Partial<Consumer> = {}): Consumer =>
    letterWriter({
      patience,
      write: async (recorded, client) => {
        await writeLetter(recorded, client);
        if (mind.closed && Reflect.get(recorded.event.data, 'note') === 'poison') throw new Error('unreadable handwriting');
      },
      ...settings,
    });

  it('is set aside with its reason, and holds up none of its neighbours', async () => {
    rig.consume(fussy({ closed: true }));
    const { facts } = await rig.shop.store.commit({ appends: [placed(1, 'poison')], metadata: { ...metadata, correlationId: 'c1' } });
    await placeOrders(rig.shop.store, 2, 300);
    await eventually(async () => expect((await rig.letters()).length).toBe(300));
    const [dead] = await eventually(async () => (await deadLetters(rig.nats)).length === 1 && deadLetters(rig.nats));
    expect(dead?.letter).toMatchObject({
      service: 'post',
      consumer: 'letters',
      reason: 'it failed 3 times',
      error: { name: 'Error', message: 'unreadable handwriting' },
      deliveries: 3,
      eventId: facts[0]?.id,
      type: 'OrderPlaced',
    });
    expect(JSON.stringify(dead?.letter)).not.toContain(__filename);
    expect((await rig.letters()).map(({ number }) => number)).not.toContain(1);
    const info = await (await rig.nats.jetstreamManager()).consumers.info('LOG_SHOP', 'post--letters--shop');
    expect(info.num_ack_pending).toBe(0);
  });

  it('lets those that follow it in its stream pass once it is set aside', async () => {
    rig.consume(fussy({ closed: true }));
    const stream = `order-${randomUUID()}`;
    const events = [
      { type: 'OrderPlaced', data: { number: 1 } },
      { type: 'OrderPlaced', data: { number: 2, note: 'poison' } },
      { type: 'OrderPlaced', data: { number: 3 } },
    ];
    await rig.shop.store.commit({ appends: [{ stream, expected: 0, events }], metadata });
    await eventually(async () => (await rig.letters()).length === 2);
    expect((await rig.letters()).map(({ number }) => number)).toEqual([1, 3]);
  });

  it('has its effect when it is replayed, once, and its letter is gone', async () => {
    const mind = { closed: true };
    rig.consume(fussy(mind));
    await rig.shop.store.commit({ appends: [placed(1, 'poison')], metadata });
    await placeOrders(rig.shop.store, 2, 20);
    await eventually(async () => (await deadLetters(rig.nats)).length === 1);
    mind.closed = false;
    expect(await replayDead(rig.nats, { service: 'post', consumer: 'letters' })).toEqual({ replayed: 1, withoutBody: 0 });
    await eventually(async () => expect((await rig.letters()).length).toBe(21));
    expect(await effectsOf(rig)).toEqual(noDifference);
    expect(await deadLetters(rig.nats)).toEqual([]);
  });

  it('is set aside again when the replay fails too', async () => {
    rig.consume(fussy({ closed: true }));
    await rig.shop.store.commit({ appends: [placed(1, 'poison')], metadata });
    const [first] = await eventually(async () => (await deadLetters(rig.nats)).length === 1 && deadLetters(rig.nats));
    await replayDead(rig.nats);
    const [second] = await eventually(async () => (await deadLetters(rig.nats)).length === 1 && deadLetters(rig.nats));
    expect(second?.sequence).toBeGreaterThan(first?.sequence ?? 0);
    expect(second?.letter.eventId).toBe(first?.letter.eventId);
  });

  it('is replayed to the consumer that failed and to no other', async () => {
    const mind = { closed: true };
    const seen: string[] = [];
    const other = consumer({
      service: 'post',
      name: 'forgetful',
      events: [OrderEvents.OrderPlaced],
      // Without an inbox of its own the other would see the replay: it throws its rows away.
      react: async ({ id }) => {
        seen.push(id);
        return undefined;
      },
    });
    rig.consume(fussy(mind), other);
    await rig.shop.store.commit({ appends: [placed(1, 'poison')], metadata });
    await eventually(async () => seen.length === 1 && (await deadLetters(rig.nats)).length === 1);
    await rig.post.store.pool.query(`DELETE FROM once WHERE scope LIKE '%forgetful'`);
    mind.closed = false;
    await replayDead(rig.nats);
    await eventually(async () => (await rig.letters()).length === 1);
    await placeOrders(rig.shop.store, 2, 1);
    await eventually(() => seen.length > 1);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('is found by type, consumer and id', async () => {
    rig.consume(fussy({ closed: true }));
    const { facts } = await rig.shop.store.commit({ appends: [placed(1, 'poison'), placed(2, 'poison')], metadata });
    await eventually(async () => (await deadLetters(rig.nats)).length === 2);
    expect((await deadLetters(rig.nats, { eventId: facts[1]?.id })).map(({ letter }) => letter.eventId)).toEqual([facts[1]?.id]);
    expect(await deadLetters(rig.nats, { type: 'OrderPaid' })).toEqual([]);
    expect(await deadLetters(rig.nats, { consumer: 'nobody' })).toEqual([]);
    expect(await deadLetters(rig.nats, { type: 'OrderPlaced', service: 'post', consumer: 'letters' })).toHaveLength(2);
  });

  it('is set aside at once when it is no event of ours', async () => {
    rig.consume(fussy({ closed: false }));
    await placeOrders(rig.shop.store, 1, 1);
    await eventually(async () => (await rig.letters()).length === 1);
    await rig.nats.jetstream().publish('log.shop.OrderPlaced.platform.order-x', '{"specversion":"0.3"}', { msgID: randomUUID() });
    await rig.nats.jetstream().publish('log.shop.OrderPlaced.platform.order-y', 'nonsense');
    await placeOrders(rig.shop.store, 2, 1);
    await eventually(async () => (await deadLetters(rig.nats)).length === 2 && (await rig.letters()).length === 2);
    expect((await deadLetters(rig.nats)).map(({ letter }) => letter.reason)).toEqual([
      'the event cannot be read',
      'the event cannot be read',
    ]);
  });

  it('of a reaction is set aside as well', async () => {
    rig.consume(
      consumer({
        service: 'post',
        name: 'parcels',
        events: [OrderEvents.OrderPlaced],
        patience,
        react: ({ event }) => (event.data.note === 'poison' ? Promise.reject(new TypeError('no such street')) : Promise.resolve(undefined)),
      }),
    );
    await rig.shop.store.commit({ appends: [placed(1, 'poison'), placed(2)], metadata });
    const [dead] = await eventually(async () => (await deadLetters(rig.nats)).length === 1 && deadLetters(rig.nats));
    expect(dead?.letter).toMatchObject({ consumer: 'parcels', error: { name: 'TypeError', message: 'no such street' } });
  });

  it('too large for the bus stays in the log, and a letter of the relay tells of it', async () => {
    rig.consume(fussy({ closed: false }));
    const { facts } = await rig.shop.store.commit({ appends: [placed(1, 'x'.repeat(9_000_000))], metadata });
    await placeOrders(rig.shop.store, 2, 5);
    await eventually(async () => (await rig.letters()).length === 5);
    const [dead] = await deadLetters(rig.nats, { consumer: 'relay' });
    expect(dead?.letter).toMatchObject({ service: 'shop', eventId: facts[0]?.id, reason: 'the event cannot be published' });
    expect(await replayDead(rig.nats)).toEqual({ replayed: 0, withoutBody: 1 });
  });

  it('in time is given up, and what its handler does later has no effect', async () => {
    const releases: (() => void)[] = [];
    const slow = letterWriter({
      patience,
      deadlineMs: 150,
      write: async (recorded, client) => {
        await new Promise<void>((resolve) => releases.push(resolve));
        await writeLetter(recorded, client);
      },
    });
    rig.consume(slow);
    await placeOrders(rig.shop.store, 1, 1);
    const [dead] = await eventually(async () => (await deadLetters(rig.nats)).length === 1 && deadLetters(rig.nats));
    expect(dead?.letter.error).toEqual({ name: 'HandlerTooSlow', message: 'the handler took longer than 150 ms' });
    for (const release of releases) release();
    await placeOrders(rig.shop.store, 2, 1);
    await eventually(() => releases.length > patience.attempts);
    expect(await rig.letters()).toEqual([]);
  });

  it('is replayed from the stream where it is too large for its letter', async () => {
    const mind = { closed: true };
    rig.consume(fussy(mind));
    // Each quote takes two bytes in the event and four in a letter.
    const { facts } = await rig.shop.store.commit({
      appends: [{ ...placed(1), events: [{ type: 'OrderPlaced', data: { number: 1, note: 'poison' } }] }],
      metadata: { ...metadata, correlationId: '"'.repeat(3_500_000) },
    });
    const [dead] = await eventually(async () => (await deadLetters(rig.nats)).length === 1 && deadLetters(rig.nats));
    expect(dead?.letter.body).toBeUndefined();
    mind.closed = false;
    expect(await replayDead(rig.nats)).toEqual({ replayed: 1, withoutBody: 0 });
    await eventually(async () => (await rig.letters()).length === 1);
    expect((await rig.letters())[0]?.event_id).toBe(facts[0]?.id);
  });
});
