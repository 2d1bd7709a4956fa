import type { NatsServer } from '@orrery/servers';
import { eventually, startNats } from '@orrery/testing';
import { AckPolicy, type ConsumerConfig, type JetStreamManager, type NatsConnection, nanos, type StreamConfig } from 'nats';
import { type Durable, ensureDurable } from '../src/consume-durable.ts';
import { type Consumer, commonStreams, consumer, ensureStreams, logStream, outputWaiting, reportDurability } from '../src/index.ts';
import { connectTo } from './fixtures/bus.ts';
import { OrderEvents } from './fixtures/orders.ts';

jest.setTimeout(60_000);

const log = { fatal: jest.fn(), error: jest.fn(), warn: jest.fn(), info: jest.fn(), debug: jest.fn(), trace: jest.fn() };
const declared = (settings: Partial<Consumer> = {}): Consumer =>
  consumer({ service: 'post', name: 'letters', events: [OrderEvents.OrderPlaced], write: () => Promise.resolve(), ...settings });

describe('On JetStream', () => {
  let server: NatsServer;
  let nats: NatsConnection;
  let jsm: JetStreamManager;

  beforeAll(async () => {
    server = await startNats();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    nats = await connectTo(server.url);
    jsm = await nats.jetstreamManager();
  });
  afterEach(async () => {
    for (const name of await jsm.streams.names().next()) await jsm.streams.delete(name);
    await nats.close();
  });

  describe('the streams', () => {
    const all = [logStream('shop'), ...commonStreams()];
    const configs = async (): Promise<readonly Partial<StreamConfig>[]> => (await jsm.streams.list().next()).map(({ config }) => config);

    it('are made once, by however many processes', async () => {
      const made = await Promise.all([1, 2, 3, 4].map(() => ensureStreams(jsm, all)));
      expect(new Set(made.flat())).toEqual(new Set(['LOG_SHOP', 'DEAD', 'OUTPUT', 'METRICS', 'USAGE', 'CONTENT']));
      expect(await ensureStreams(jsm, all)).toEqual([]);
      expect((await configs()).map(({ name }) => name).sort()).toEqual(['CONTENT', 'DEAD', 'LOG_SHOP', 'METRICS', 'OUTPUT', 'USAGE']);
    });

    it('keep events for a week on disk, and remember ids for two minutes', async () => {
      await ensureStreams(jsm, all);
      const config = (await configs()).find(({ name }) => name === 'LOG_SHOP');
      expect(config).toMatchObject({
        subjects: ['log.shop.>'],
        storage: 'file',
        max_age: nanos(7 * 24 * 3_600_000),
        duplicate_window: nanos(120_000),
      });
    });

    it('are mended where they differ, and keep what they hold', async () => {
      await ensureStreams(jsm, all);
      await nats.jetstream().publish('log.shop.OrderPlaced.platform.order-1', '{}');
      await ensureStreams(jsm, [logStream('shop', { maxAgeMs: 3_600_000 })]);
      const { config, state } = await jsm.streams.info('LOG_SHOP');
      expect(config.max_age).toBe(nanos(3_600_000));
      expect(state.messages).toBe(1);
    });

    it('take no more output of a run than may wait, and all of the others, until it is stored', async () => {
      await ensureStreams(jsm, all);
      const output = (run: string, n: number) =>
        nats.jetstream().publish(`tele.output.worker.${run}`, `${run} ${n}`, { msgID: `${run} ${n}` });
      for (let n = 0; n < outputWaiting; n += 1) await output('noisy', n);
      await expect(output('noisy', outputWaiting)).rejects.toMatchObject({
        api_error: { description: expect.stringContaining('per subject') },
      });
      await output('quiet', 0);
      const settings = { durable_name: 'store', ack_policy: AckPolicy.Explicit };
      await jsm.consumers.add('OUTPUT', settings);
      const batch = await (await nats.jetstream().consumers.get('OUTPUT', 'store')).fetch({ max_messages: 10, expires: 2_000 });
      for await (const message of batch) message.ack();
      await eventually(async () => (await jsm.streams.info('OUTPUT')).state.messages === outputWaiting + 1 - 10);
      expect((await output('noisy', outputWaiting)).duplicate).toBe(false);
      expect((await output('noisy', 0)).duplicate).toBe(true);
    });

    it('are made anew where what they are for has changed', async () => {
      await jsm.streams.add({ name: 'OUTPUT', subjects: ['tele.output.>'] });
      expect(await ensureStreams(jsm, all)).toContain('OUTPUT');
      expect((await jsm.streams.info('OUTPUT')).config).toMatchObject({ retention: 'workqueue', discard: 'new' });
      expect(await ensureStreams(jsm, all)).toEqual([]);
    });

    it('are made without their bound where the disk has no room to reserve it', async () => {
      await ensureStreams(jsm, [{ ...logStream('shop'), max_bytes: 2 ** 60 }]);
      expect((await jsm.streams.info('LOG_SHOP')).config.max_bytes).toBe(-1);
      await ensureStreams(jsm, [{ ...logStream('shop'), max_bytes: 2 ** 60 }]);
    });
  });

  it('a server that acknowledges before it syncs is told of in one line', async () => {
    const durability = await reportDurability(nats, log);
    const [major = 0, minor = 0] = (nats.info?.version ?? '').split('.').map(Number);
    const mayBeSynced = major > 2 || minor >= 10;
    expect(durability).toBe(mayBeSynced ? 'unknown' : 'lazy');
    expect(log.warn).toHaveBeenCalledTimes(mayBeSynced ? 0 : 1);
  });

  describe('the durable of an ordered consumer', () => {
    const publish = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n += 1) await nats.jetstream().publish('log.shop.OrderPlaced.platform.order-1', '{}');
    };
    const ensure = (): Promise<Durable> => ensureDurable(jsm, declared(), { source: 'shop', types: ['OrderPlaced'] });
    const take = async ({ stream, name }: Durable, count: number, ack: (seq: number) => boolean): Promise<readonly number[]> => {
      const seen: number[] = [];
      for await (const message of await (await nats.jetstream().consumers.get(stream, name)).fetch({
        max_messages: count,
        expires: 2_000,
      })) {
        seen.push(message.seq);
        if (ack(message.seq)) message.ack();
      }
      await nats.flush();
      return seen;
    };

    beforeEach(async () => {
      await ensureStreams(jsm, [logStream('shop')]);
      await publish(10);
    });

    it('begins anew where the acknowledged end, at once and in order, when a process died', async () => {
      expect(await take(await ensure(), 6, (seq) => seq !== 3)).toEqual([1, 2, 3, 4, 5, 6]);
      await eventually(async () => (await jsm.consumers.info('LOG_SHOP', 'post--letters--shop')).num_ack_pending === 1);
      const again = await ensure();
      expect(again.earlier).toEqual({ through: 6, deliveries: 1 });
      expect(await take(again, 8, () => true)).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
    });

    it('goes on where it was when nothing was left over', async () => {
      await take(await ensure(), 6, () => true);
      await eventually(async () => (await jsm.consumers.info('LOG_SHOP', 'post--letters--shop')).num_ack_pending === 0);
      const again = await ensure();
      expect(again.earlier).toEqual({ through: 0, deliveries: 0 });
      expect(await take(again, 4, () => true)).toEqual([7, 8, 9, 10]);
    });

    it('remembers how often a message was delivered that no process survives', async () => {
      for (let death = 0; death < 3; death += 1) {
        const durable = await ensure();
        expect(durable.earlier.deliveries).toBe(death);
        await take(durable, 4, () => false);
      }
      const durable = await ensure();
      expect(durable.earlier).toEqual({ through: 4, deliveries: 3 });
      await take(durable, 2, () => true);
      await eventually(async () => (await jsm.consumers.info('LOG_SHOP', 'post--letters--shop')).ack_floor.stream_seq === 2);
      await take(durable, 1, () => false);
      expect((await ensure()).earlier.deliveries).toBe(1);
    });

    it('follows its declaration when that changes, and keeps its place', async () => {
      const before = await ensure();
      await take(before, 6, () => true);
      await eventually(async () => (await jsm.consumers.info('LOG_SHOP', before.name)).num_ack_pending === 0);
      await ensureDurable(jsm, declared({ window: 7, ackWaitMs: 3_000 }), { source: 'shop', types: ['OrderPlaced', 'OrderPaid'] });
      const { config, ack_floor } = await jsm.consumers.info('LOG_SHOP', before.name);
      const wanted: Partial<ConsumerConfig> = { max_ack_pending: 7, ack_wait: nanos(3_000), filter_subject: 'log.shop.>' };
      expect(config).toMatchObject(wanted);
      expect(ack_floor.stream_seq).toBe(6);
    });
  });
});
