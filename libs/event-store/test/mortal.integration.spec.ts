import { eventually } from '@orrery/testing';
import { diedOfIt, survivedIt, triesAlone } from '../src/consume-suspects.ts';
import { enterInbox } from '../src/inbox.ts';
import { deadLetters } from '../src/index.ts';
import { placeOrders } from './fixtures/bus.ts';
import { metadata, placed } from './fixtures/orders.ts';
import { differenceOf, logIds, type Rig, startRig } from './fixtures/rig.ts';
import { startVictim } from './fixtures/victims.ts';

jest.setTimeout(240_000);

describe('An event that takes its process down', () => {
  let rig: Rig;

  beforeEach(async () => {
    rig = await startRig();
    rig.relay();
  });
  afterEach(() => rig.stop());

  it.each(['stream', 'none'])('is set aside in the end, and none of its neighbours is, where order is %s', async (order) => {
    await placeOrders(rig.shop.store, 0, 60);
    const { facts } = await rig.shop.store.commit({ appends: [placed(1_000, 'deadly')], metadata });
    await placeOrders(rig.shop.store, 60, 60);
    process.env.ORRERY_TEST_ORDER = order;
    const victim = startVictim('mortal', [rig.shop.url, rig.post.url, rig.server.url]);
    let deaths = 0;
    const watching = new AbortController();
    const revive = async (): Promise<void> => {
      while (!watching.signal.aborted) {
        await victim.died();
        deaths += 1;
        if (!watching.signal.aborted) await victim.kill9();
      }
    };
    const reviving = revive();
    const deadly = facts.map(({ id }) => id);
    const found = async (): Promise<readonly string[]> => (await deadLetters(rig.nats)).map(({ letter }) => letter.eventId);
    const written = async () =>
      differenceOf(
        await logIds(rig.shop),
        (await rig.letters()).map(({ event_id }) => event_id),
      );
    await eventually(async () => (await found()).length === 1 && (await written()).lacking.length === 1, { within: 200_000, every: 100 });
    watching.abort();
    await victim.end();
    await reviving;
    expect(await found()).toEqual(deadly);
    expect((await deadLetters(rig.nats))[0]?.letter.reason).toBe('no process survived it');
    expect(await written()).toEqual({ lacking: deadly, strange: [], repeated: [] });
    expect(deaths).toBeGreaterThan(triesAlone);
  });

  it('is accused after many deaths alone with it, but not where it has had its effect, nor once a process lived on', async () => {
    const { pool } = rig.post.store;
    const verdicts = async (count: number): Promise<readonly boolean[]> => {
      const all: boolean[] = [];
      for (let tries = 0; tries < count; tries += 1) all.push(await diedOfIt(pool, 'letters', 'event'));
      return all;
    };
    expect(await verdicts(triesAlone)).not.toContain(true);
    expect(await verdicts(2)).toEqual([true, true]);
    await survivedIt(pool, 'letters', 'event');
    expect(await verdicts(triesAlone)).not.toContain(true);
    await enterInbox(pool, 'letters', ['event']);
    expect(await verdicts(2)).toEqual([false, false]);
  });
});
