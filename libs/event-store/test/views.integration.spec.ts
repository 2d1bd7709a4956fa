import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '@orrery/testing';
import { checkView, type Fact, type Following, followViews, integer, prepareViews, rebuildView, text, view } from '../src/index.ts';
import { freshLamps, installed, type LampEvent, lampList, lit, litCount, metadata, newLamp, type OpenLamps } from './fixtures/lamps.ts';

describe('a view that follows appends', () => {
  let lamps: OpenLamps;
  beforeAll(async () => {
    lamps = await freshLamps();
  }, 30_000);
  afterAll(() => lamps.close());

  const lamp = async (times: number): Promise<string> => {
    const id = newLamp();
    await lamps.store.commit({ appends: [installed(id)], metadata });
    for (let version = 1; version <= times; version += 1) await lamps.store.commit({ appends: [lit(id, version)], metadata });
    return id;
  };

  it('shows at once what was just written', async () => {
    const id = newLamp();
    const { facts } = await lamps.store.commit({ appends: [installed(id, 'attic')], metadata });
    expect(await lamps.store.read(lampList).one({ id })).toEqual({
      id,
      room: 'attic',
      litBy: null,
      times: 0,
      owner: null,
      changedAt: facts[0]?.recordedAt.toISOString(),
    });
  });

  it('folds several events of one append, and several appends of one transaction, in their order', async () => {
    const id = newLamp();
    const events = [
      { type: 'LampInstalled', data: { room: 'hall' } },
      { type: 'LampLit', data: { by: 'first' } },
      { type: 'LampPutOut', data: {} },
      { type: 'LampLit', data: { by: 'last' } },
    ];
    await lamps.store.commit({ appends: [{ stream: id, expected: 0, events }], metadata });
    expect(await lamps.store.read(lampList).one({ id })).toMatchObject({ times: 2, litBy: 'last' });
  });

  it('is what a replay of the log from zero gives', async () => {
    await Promise.all(Array.from({ length: 30 }, (_, index) => lamp(index % 7)));
    expect(await checkView(lamps.store, 'lamp-list')).toBe(0);
  });

  it('that was tampered with is found out, and mended by building it anew', async () => {
    const id = await lamp(3);
    await lamps.store.pool.query('UPDATE lamp_list SET times = times + 1 WHERE id = $1', [id]);
    expect(await checkView(lamps.store, 'lamp-list')).toBe(2);
    const { events } = await rebuildView(lamps.store, 'lamp-list');
    expect(events).toBeGreaterThan(3);
    expect(await checkView(lamps.store, 'lamp-list')).toBe(0);
    expect(await lamps.store.read(lampList).one({ id })).toMatchObject({ times: 3 });
  });

  it('is built anew while writers write and readers read, and neither notices', async () => {
    const another = await lamps.another();
    const ids = await Promise.all(Array.from({ length: 8 }, () => lamp(0)));
    let done = false;
    let reads = 0;
    const write = async (id: string, index: number): Promise<number> => {
      const store = index % 2 === 0 ? lamps.store : another;
      let version = 1;
      for (; !done; version += 1) {
        await store.commit({ appends: [lit(id, version)], metadata });
        expect(await store.read(lampList).one({ id })).toMatchObject({ times: version });
        reads += 1;
      }
      return version - 1;
    };
    const writing = Promise.all(ids.map(write));
    for (let round = 0; round < 3; round += 1) await rebuildView(lamps.store, 'lamp-list');
    done = true;
    const times = await writing;
    expect(reads).toBeGreaterThan(20);
    for (const [index, id] of ids.entries()) expect(await lamps.store.read(lampList).one({ id })).toMatchObject({ times: times[index] });
    expect(await checkView(lamps.store, 'lamp-list')).toBe(0);
  }, 60_000);

  it('waits for a reader that holds the old table, and lets appends through meanwhile', async () => {
    const reader = await lamps.connect();
    await reader.query('BEGIN; SELECT count(*) FROM lamp_list');
    const rebuilding = rebuildView(lamps.store, 'lamp-list');
    await eventually(async () => {
      const waiting = 'SELECT FROM pg_locks WHERE NOT granted AND relation = $1::regclass';
      return (await reader.query(waiting, ['lamp_list'])).rowCount === 1;
    });
    const began = performance.now();
    await lamp(2);
    expect(performance.now() - began).toBeLessThan(2_000);
    await reader.query('COMMIT');
    await rebuilding;
    expect(await checkView(lamps.store, 'lamp-list')).toBe(0);
  }, 30_000);

  it('keeps the names of its key and its indexes however often it is built', async () => {
    await rebuildView(lamps.store, 'lamp-list');
    const { rows } = await lamps.store.pool.query<{ indexname: string }>(
      `SELECT indexname FROM pg_indexes WHERE tablename = 'lamp_list' ORDER BY 1`,
    );
    expect(rows.map(({ indexname }) => indexname)).toEqual(['lamp_list_by_changed_at_id', 'lamp_list_by_room', 'lamp_list_pkey']);
  });

  it('whose declaration changed is built anew at the next start, once', async () => {
    const id = await lamp(2);
    const wider = view({
      name: 'lamp-list',
      table: 'lamp_list',
      columns: { id: text(), room: text(), brightness: integer(), times: integer() },
      key: ['id'],
      fold: ({ stream: lampId, event }: Fact<LampEvent>) => {
        if (event.type === 'LampInstalled') return [{ put: { id: lampId, room: event.data.room, brightness: 100, times: 0 } }];
        return event.type === 'LampLit' ? [{ patch: { id: lampId }, add: { times: 1 } }] : [];
      },
    });
    const next = await lamps.another({ views: [wider] });
    expect(await prepareViews(next)).toEqual([]);
    expect(await next.read(wider).one({ id })).toMatchObject({ times: 2, brightness: 100 });
    const raised = await lamps.another({ views: [{ ...wider, version: 2 }] });
    expect(raised.views[0]?.version).toBe(2);
    // Back to what the other tests expect.
    await prepareViews(lamps.store);
  });

  it('is prepared once by processes that start together', async () => {
    const fresh = view({ ...lampList, name: 'together', table: 'together' });
    const starting = await Promise.all(Array.from({ length: 4 }, () => lamps.another({ views: [fresh] })));
    expect(await starting[0]?.read(fresh).count()).toBe(await lamps.store.read(lampList).count());
  });
});

describe('a view that follows the log', () => {
  let lamps: OpenLamps;
  beforeAll(async () => {
    lamps = await freshLamps({ views: [lampList, litCount] });
  }, 30_000);
  afterAll(() => lamps.close());

  const following: Following[] = [];
  afterEach(async () => {
    await Promise.all(following.splice(0).map((one) => one.stop()));
  });
  const follow = (...args: Parameters<typeof followViews>): Following => {
    const started = followViews(...args);
    following.push(started);
    return started;
  };

  const light = async (by: string, times: number): Promise<void> => {
    const id = newLamp();
    await lamps.store.commit({ appends: [installed(id)], metadata });
    for (let version = 1; version <= times; version += 1) await lamps.store.commit({ appends: [lit(id, version, by)], metadata });
  };
  const countOf = async (by: string) => (await lamps.store.read(litCount).one({ by }))?.lit;

  it('catches up with what was there before, and with what comes', async () => {
    await light('early', 3);
    follow(lamps.store);
    await eventually(async () => expect(await countOf('early')).toBe(3));
    await light('late', 2);
    await eventually(async () => expect(await countOf('late')).toBe(2));
  });

  it('counts each event once, though several processes follow, one after the other, and are stopped at any moment', async () => {
    const another = await lamps.another();
    let writing = true;
    const work = Promise.all(Array.from({ length: 6 }, (_, index) => light('many', 20 + index))).finally(() => {
      writing = false;
    });
    for (let round = 0; writing || round < 6; round += 1) {
      const both = [follow(lamps.store, { batch: 7 }), follow(another, { batch: 5 })];
      await pause(20 + Math.random() * 60);
      await Promise.all(both.map((one) => one.stop()));
    }
    await work;
    follow(lamps.store);
    await eventually(async () => expect(await countOf('many')).toBe(6 * 20 + 15));
    expect(await checkView(lamps.store, 'lit-count')).toBe(0);
  }, 60_000);

  it('counts each event once, though its follower lost the lock in the middle of a batch and another took over', async () => {
    const another = await lamps.another();
    const [hand, eye] = [await lamps.connect(), await lamps.connect()];
    await light('handed over', 3);
    await hand.query('BEGIN; LOCK TABLE lit_count IN ACCESS EXCLUSIVE MODE');
    const waiting = async (count: number): Promise<void> => {
      const sql = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
      await eventually(async () => expect((await eye.query(sql)).rowCount).toBe(count));
    };
    follow(lamps.store);
    await waiting(1);
    follow(another);
    await eye.query(
      "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    );
    await waiting(2);
    await hand.query('COMMIT');
    await eventually(async () => expect(await countOf('handed over')).toBe(3));
    expect(await checkView(lamps.store, 'lit-count')).toBe(0);
  }, 30_000);

  it('is built anew beside its follower without losing or repeating an event', async () => {
    follow(lamps.store, { batch: 10 });
    const work = Promise.all(Array.from({ length: 6 }, () => light('while building', 15)));
    await rebuildView(lamps.store, 'lit-count');
    await rebuildView(lamps.store, 'lit-count');
    await work;
    await eventually(async () => expect(await countOf('while building')).toBe(90));
    expect(await checkView(lamps.store, 'lit-count')).toBe(0);
  }, 60_000);
});
