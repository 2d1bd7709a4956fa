import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '@orrery/testing';
import { headers } from 'nats';
import { audit, refill } from '../src/index.ts';
import { placeOrders } from './fixtures/bus.ts';
import { messagesOf } from './fixtures/messages.ts';
import { differenceOf, effectsOf, letterWriter, logIds, noDifference, type Rig, startRig } from './fixtures/rig.ts';

const patience = { within: 60_000 };
const log = { fatal: jest.fn(), error: jest.fn(), warn: jest.fn(), info: jest.fn(), debug: jest.fn(), trace: jest.fn() };

// Two shared cores: what takes half a second here may take ten beside other suites.
jest.setTimeout(180_000);

describe('When JetStream loses', () => {
  let rig: Rig;

  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.stop());

  /** Places orders until told to stop, with what happens meanwhile; gives how many there were. */
  const underLoad = async (meanwhile: () => Promise<void>): Promise<number> => {
    let count = 0;
    let done = false;
    const load = async (): Promise<void> => {
      while (!done) {
        await placeOrders(rig.shop.store, count, 20);
        count += 20;
        // About a thousand a second: the load is to be there, not to be measured.
        await pause(20);
      }
    };
    const loading = load();
    try {
      await eventually(() => count > 500, patience);
      await meanwhile();
      const until = count + 500;
      await eventually(() => count > until, patience);
    } finally {
      done = true;
      await loading;
    }
    return count;
  };

  const everyEventHadItsEffectOnce = async (): Promise<void> => {
    await eventually(async () => expect((await effectsOf(rig)).lacking).toEqual([]), patience);
    expect(await effectsOf(rig)).toEqual(noDifference);
  };

  const streamIds = async (): Promise<readonly string[]> => (await messagesOf(rig.nats, 'shop')).map(({ id }) => id);
  const streamHoldsTheLog = async (): Promise<void> => {
    const log = await logIds(rig.shop);
    await eventually(async () => expect(differenceOf(log, await streamIds()).lacking).toEqual([]), patience);
  };

  it('all its data under load, streams and consumers come back by themselves and every event has its effect once', async () => {
    rig.relay({ auditEveryMs: 200 });
    rig.consume(letterWriter());
    await underLoad(() => rig.server.wipe());
    await everyEventHadItsEffectOnce();
    await streamHoldsTheLog();
    // Refilled in the order of the log, each event once; and the audit, which went on all the while, found nothing to add.
    expect(await streamIds()).toEqual(await logIds(rig.shop));
  });

  it('the files under a running server, the stream is made anew once the server notices', async () => {
    rig.relay();
    rig.consume(letterWriter());
    await placeOrders(rig.shop.store, 0, 200);
    await eventually(async () => (await rig.letters()).length === 200);
    rmSync(join(rig.server.dir, 'jetstream'), { recursive: true, force: true });
    // The server writes on into the deleted file of the block it has open; the next block it cannot make.
    const big = 'x'.repeat(100_000);
    for (let n = 0; n < 120; n += 1) {
      await rig.shop.store.commit({
        appends: [{ stream: `order-big-${n}`, expected: 0, events: [{ type: 'OrderPlaced', data: { number: n, note: big } }] }],
        metadata: { correlationId: 'c', causationId: 'c', actor: 'service:test' },
      });
    }
    await everyEventHadItsEffectOnce();
    await streamHoldsTheLog();
    await rig.server.kill9();
    await rig.server.restart();
    await placeOrders(rig.shop.store, 1_000, 10);
    await everyEventHadItsEffectOnce();
  });

  it('a stream that somebody purged, its window is published again', async () => {
    const relay = rig.relay();
    rig.consume(letterWriter());
    await placeOrders(rig.shop.store, 0, 300);
    await eventually(async () => (await rig.letters()).length === 300);
    await relay.stop();
    const jsm = await rig.nats.jetstreamManager();
    await jsm.streams.purge('LOG_SHOP');
    rig.relay();
    await placeOrders(rig.shop.store, 300, 10);
    await streamHoldsTheLog();
    await everyEventHadItsEffectOnce();
  });

  it('messages from the middle, the audit finds and heals exactly these', async () => {
    rig.relay({ auditEveryMs: 500 });
    rig.consume(letterWriter());
    await placeOrders(rig.shop.store, 0, 500);
    await eventually(async () => (await rig.letters()).length === 500);
    const jsm = await rig.nats.jetstreamManager();
    for (const seq of [5, 6, 7, 250, 499]) await jsm.streams.deleteMessage('LOG_SHOP', seq);
    await streamHoldsTheLog();
    const repeats = (await messagesOf(rig.nats, 'shop')).filter(({ isRepeat }) => isRepeat);
    expect(repeats).toHaveLength(5);
    expect((await audit({ store: rig.shop.store, nats: rig.nats })).missing).toEqual([]);
    await everyEventHadItsEffectOnce();
  });

  it('its end, the relay publishes from there and leaves no gap', async () => {
    const relay = rig.relay();
    await placeOrders(rig.shop.store, 0, 300);
    await eventually(async () => (await messagesOf(rig.nats, 'shop')).length === 300);
    await relay.stop();
    // What a power failure does to a server that acknowledged before it synced: the newest messages were never written.
    const jsm = await rig.nats.jetstreamManager();
    const { config } = await jsm.streams.info('LOG_SHOP');
    const kept = (await messagesOf(rig.nats, 'shop')).slice(0, 200);
    await jsm.streams.delete('LOG_SHOP');
    await jsm.streams.add(config);
    for (const { id, subject, event } of kept) {
      const all = headers();
      all.set('Orrery-Place', event.sequence);
      await rig.nats.jetstream().publish(subject, JSON.stringify(event), { msgID: id, headers: all });
    }
    rig.consume(letterWriter());
    rig.relay();
    await everyEventHadItsEffectOnce();
    expect(await streamIds()).toEqual(await logIds(rig.shop));
  });

  it('everything while no relay runs, a refill brings it back for new consumers too', async () => {
    const relay = rig.relay();
    await placeOrders(rig.shop.store, 0, 400);
    await eventually(async () => (await messagesOf(rig.nats, 'shop')).length === 400);
    await relay.stop();
    await rig.server.wipe();
    const { events, by } = await refill({ store: rig.shop.store, nats: rig.nats, log, from: 'start' });
    expect({ events, by }).toEqual({ events: 400, by: 'us' });
    await streamHoldsTheLog();
    rig.consume(letterWriter());
    await everyEventHadItsEffectOnce();
    // A relay that starts now finds its footing in the refilled stream.
    rig.relay();
    await placeOrders(rig.shop.store, 400, 10);
    await everyEventHadItsEffectOnce();
    expect(await messagesOf(rig.nats, 'shop')).toHaveLength(410);
  });

  it('nothing, a refill asked for under load is done by the relay and changes no effect', async () => {
    rig.relay();
    rig.consume(letterWriter());
    await underLoad(async () => {
      const { by, events } = await refill({ store: rig.shop.store, nats: rig.nats, log, from: 'start' });
      expect(by).toBe('relay');
      expect(events).toBeGreaterThan(0);
    });
    await everyEventHadItsEffectOnce();
    expect((await audit({ store: rig.shop.store, nats: rig.nats })).missing).toEqual([]);
  });
});
