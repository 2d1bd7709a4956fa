import { logOf } from '@orrery/telemetry';
import { eventually } from '@orrery/testing';
import { writeCheckpoint } from '../src/checkpoint.ts';
import type { Relay } from '../src/index.ts';
import { LogPublisher } from '../src/log-publisher.ts';
import { placeOrders } from './fixtures/bus.ts';
import { messagesOf } from './fixtures/messages.ts';
import { logIds, type Rig, startRig } from './fixtures/rig.ts';

jest.setTimeout(60_000);

const start = { transaction: 0n, position: 0n };

describe('Two relays of one log', () => {
  let rig: Rig;

  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.stop());

  const streamIds = async (): Promise<readonly string[]> => (await messagesOf(rig.nats, 'shop')).map(({ id }) => id);
  const streamIsTheLog = async (): Promise<void> => {
    await eventually(async () => expect((await streamIds()).length).toBe((await logIds(rig.shop)).length), { within: 30_000 });
    expect(await streamIds()).toEqual(await logIds(rig.shop));
  };
  /** What a network does that loses a connection: the server ends the sessions that hold locks. */
  const cutLocks = async (): Promise<number> => {
    const { rowCount } = await rig.shop.store.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'shop-relay' AND pid IN
        (SELECT pid FROM pg_locks WHERE locktype = 'advisory')`,
    );
    return rowCount ?? 0;
  };

  it('publish the log once and in its order, though the active one loses its lock again and again', async () => {
    const relays: readonly Relay[] = [rig.relay(), rig.relay()];
    for (let cuts = 0; cuts < 8; cuts += 1) {
      await eventually(() => relays.some((relay) => relay.isActive()));
      const placing = placeOrders(rig.shop.store, cuts * 100, 100);
      await eventually(async () => (await cutLocks()) > 0);
      await placing;
    }
    await streamIsTheLog();
  });

  it('cannot interleave, even if both believe to be the active one', async () => {
    const log = logOf('test');
    const active = new LogPublisher({ store: rig.shop.store, nats: rig.nats, log });
    const stale = new LogPublisher({ store: rig.shop.store, nats: rig.nats, log });
    await (await rig.nats.jetstreamManager()).streams.add({ name: 'LOG_SHOP', subjects: ['log.shop.>'] });
    await placeOrders(rig.shop.store, 0, 200);
    const events = await eventually(async () => {
      const read = await rig.shop.store.readLog(start, 200);
      return read.length === 200 && read;
    });
    const { signal } = new AbortController();
    const [first, second] = await Promise.all([active.inTurn(events, signal), stale.inTurn(events.slice(0, 120), signal)]);
    active.close();
    stale.close();
    expect(first.count + second.count).toBeGreaterThan(0);
    const published = await streamIds();
    expect(published).toEqual(events.slice(0, published.length).map(({ id }) => id));
  });

  it('start from the end of the stream where the checkpoint ran ahead of it, and lose nothing', async () => {
    const relay = rig.relay();
    await placeOrders(rig.shop.store, 0, 50);
    await streamIsTheLog();
    await relay.stop();
    await placeOrders(rig.shop.store, 50, 50);
    const last = await eventually(async () => (await rig.shop.store.readLog(start, 1_000))[99]);
    await writeCheckpoint(rig.shop.store.pool, 'relay', last.place);
    rig.relay();
    await streamIsTheLog();
  });

  it('start from the end of the stream where the checkpoint stayed behind, and repeat nothing', async () => {
    const relay = rig.relay();
    await placeOrders(rig.shop.store, 0, 50);
    await streamIsTheLog();
    await relay.stop();
    await writeCheckpoint(rig.shop.store.pool, 'relay', start);
    rig.relay();
    await placeOrders(rig.shop.store, 50, 50);
    await streamIsTheLog();
  });

  it('notice that the log is not the one that the stream is of, and publish what the stream lacks', async () => {
    const relay = rig.relay();
    await placeOrders(rig.shop.store, 0, 20);
    await streamIsTheLog();
    await relay.stop();
    // A database restored from a backup that is older than the stream.
    await rig.shop.store.pool.query('DELETE FROM events WHERE position > (SELECT max(position) - 5 FROM events)');
    await placeOrders(rig.shop.store, 20, 10);
    rig.relay();
    await eventually(async () => {
      const published = new Set(await streamIds());
      expect((await logIds(rig.shop)).filter((id) => !published.has(id))).toEqual([]);
    });
  });
});
