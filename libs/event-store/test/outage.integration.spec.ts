import type { Server } from '@orrery/servers';
import { eventually, startPostgres } from '@orrery/testing';
import { consumer, deadLetters } from '../src/index.ts';
import { placeOrders } from './fixtures/bus.ts';
import { OrderEvents } from './fixtures/orders.ts';
import { effectsOf, letterWriter, logIds, noDifference, type Rig, startRig } from './fixtures/rig.ts';

jest.setTimeout(240_000);

const patience = { within: 60_000 };

describe('Relay and consumers outlive', () => {
  let postgres: Server;
  let rig: Rig;

  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());

  beforeEach(async () => {
    rig = await startRig(postgres);
    rig.relay();
    rig.consume(letterWriter());
  });
  afterEach(async () => {
    await rig.shop.store.pool.query('TRUNCATE events, once, checkpoints');
    await rig.post.store.pool.query('TRUNCATE letters, once');
    await rig.stop();
  });

  const everyEffectOnce = async (): Promise<void> => {
    await eventually(async () => expect((await effectsOf(rig)).lacking).toEqual([]), patience);
    expect(await effectsOf(rig)).toEqual(noDifference);
    expect(await deadLetters(rig.nats)).toEqual([]);
  };
  /** Places an order as soon as that is possible again. */
  const place = (number: number): Promise<unknown> => eventually(() => placeOrders(rig.shop.store, number, 1), patience);

  it('a database that is killed and comes back, and give no event up meanwhile', async () => {
    for (let round = 0; round < 3; round += 1) {
      const placing = placeOrders(rig.shop.store, round * 1_000, 300).catch(() => 'the database died under it');
      await eventually(async () => (await rig.letters()).length > 0, patience);
      await postgres.kill9();
      await placing;
      await postgres.restart();
      await place(round * 1_000 + 999);
    }
    await everyEffectOnce();
  });

  it('a database that is away for a single event, and need no other event to notice that it is back', async () => {
    let tries = 0;
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    rig.consume(
      consumer({
        service: 'post',
        name: 'stamps',
        events: [OrderEvents.OrderPlaced],
        react: async () => {
          tries += 1;
          if (tries < 8) throw refused;
          return undefined;
        },
      }),
    );
    await placeOrders(rig.shop.store, 0, 1);
    await eventually(() => expect(tries).toBe(8), patience);
  });

  it('a bus that is killed and comes back', async () => {
    for (let round = 0; round < 3; round += 1) {
      const placing = placeOrders(rig.shop.store, round * 1_000, 300);
      await rig.server.kill9();
      await placing;
      await rig.server.restart();
    }
    await everyEffectOnce();
  });

  it('a bus that is away for a while, and catch up', async () => {
    await rig.server.kill9();
    await placeOrders(rig.shop.store, 0, 500);
    expect(await rig.letters()).toEqual([]);
    await rig.server.restart();
    await everyEffectOnce();
    expect(await logIds(rig.shop)).toHaveLength(500);
  });
});
