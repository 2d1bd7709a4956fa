import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { handleWith, VersionConflict } from '../src/index.ts';
import { contextOf, freshLamps, installed, Lamp, lampList, lit, metadata, newLamp, type OpenLamps } from './fixtures/lamps.ts';

const writers = 64;

describe('many writers', () => {
  let lamps: OpenLamps;
  beforeAll(async () => {
    lamps = await freshLamps();
  }, 30_000);
  afterAll(() => lamps.close());

  const each = <T>(count: number, work: (index: number) => Promise<T>): Promise<readonly T[]> =>
    Promise.all(Array.from({ length: count }, (_, index) => work(index)));

  it('on one stream lose nothing and duplicate nothing, in one process and in another', async () => {
    const stores = [lamps.store, await lamps.another()];
    const handles = stores.map((store) => handleWith(store, Lamp, { name: 'lamp' }));
    const lamp = newLamp();
    await handles[0]?.(lamp, { type: 'Install', room: 'hall' }, contextOf(randomUUID()));
    const commands = Array.from({ length: writers }, () => randomUUID());
    // Whoever conflicts too often is told so and comes again with the same command, as a client does.
    const insist = async (by: string, index: number): Promise<void> => {
      for (;;) {
        try {
          await handles[index % 2]?.(lamp, { type: 'Light', by }, contextOf(by));
          return;
        } catch (error) {
          if (!(error instanceof VersionConflict)) throw error;
        }
      }
    };
    await Promise.all(commands.map(insist));
    const { events, version } = await lamps.store.load(lamp);
    expect(version).toBe(writers + 1);
    expect(events.map((recorded) => recorded.version)).toEqual(Array.from({ length: writers + 1 }, (_, index) => index + 1));
    const seen = events.slice(1).map(({ event }) => Reflect.get(event.data, 'by'));
    expect(new Set(seen)).toEqual(new Set(commands));
    expect(await lamps.store.read(lampList).one({ id: lamp })).toMatchObject({ times: writers });
  }, 60_000);

  it('that all expect the same version win once', async () => {
    const lamp = newLamp();
    const results = await Promise.allSettled(
      Array.from({ length: writers }, (_, index) => lamps.store.commit({ appends: [installed(lamp, `room ${index}`)], metadata })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(VersionConflict);
    expect((await lamps.store.load(lamp)).version).toBe(1);
  });

  it('on many streams lose nothing and duplicate nothing', async () => {
    const stores = [lamps.store, await lamps.another()];
    const depth = 20;
    const streams = await each(writers, async (index) => {
      const lamp = newLamp();
      const store = stores[index % 2] ?? lamps.store;
      await store.commit({ appends: [installed(lamp)], metadata });
      for (let version = 1; version < depth; version += 1) await store.commit({ appends: [lit(lamp, version, String(version))], metadata });
      return lamp;
    });
    for (const lamp of streams) {
      const { events } = await lamps.store.load(lamp);
      expect(events.map(({ version }) => version)).toEqual(Array.from({ length: depth }, (_, index) => index + 1));
      expect(await lamps.store.read(lampList).one({ id: lamp })).toMatchObject({ times: depth - 1, litBy: String(depth - 1) });
    }
  }, 60_000);

  it('that add to one row add up', async () => {
    const stores = [lamps.store, await lamps.another()];
    const lamp = newLamp();
    await lamps.store.commit({ appends: [installed(lamp)], metadata });
    await each(200, (index) => {
      const store = stores[index % 2] ?? lamps.store;
      const writes = [{ into: lampList, changes: [{ patch: { id: lamp }, add: { times: 1 } }] }];
      return store.commit({ appends: [installed(newLamp())], writes, metadata });
    });
    expect(await lamps.store.read(lampList).one({ id: lamp })).toMatchObject({ times: 200 });
  });

  it('with the same command have its effect once and hear the same answer', async () => {
    const stores = [lamps.store, await lamps.another()];
    const handles = stores.map((store) => handleWith(store, Lamp, { name: 'lamp' }));
    const commandId = randomUUID();
    const answers = await each(32, async (index) => {
      const id = newLamp();
      const handled = await handles[index % 2]?.(id, { type: 'Install', room: commandId }, contextOf(commandId, { idempotent: true }), {
        answer: () => ({ id }),
        input: { room: commandId },
      });
      return handled?.accepted ? handled.answer.id : undefined;
    });
    const [answer] = answers;
    expect(answer).toBeDefined();
    expect(new Set(answers).size).toBe(1);
    expect(await lamps.store.read(lampList).list({ where: { room: commandId }, order: { by: ['id'] }, limit: 10 })).toMatchObject([
      { id: answer },
    ]);
  });

  it('whose connections are cut at any moment, and who try again, have each effect once', async () => {
    const handle = handleWith(lamps.store, Lamp, { name: 'lamp' });
    const killer = await lamps.connect();
    const ids = await each(16, async () => {
      const lamp = newLamp();
      await lamps.store.commit({ appends: [installed(lamp)], metadata });
      return lamp;
    });
    let cut = 0;
    let failed = 0;
    const rounds = 60;
    const killing = (async () => {
      for (let round = 0; round < rounds; round += 1) {
        const { rowCount } = await killer.query(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
        );
        cut += rowCount ?? 0;
        await pause(Math.random() * 50);
      }
    })();
    const insist = async (lamp: string, commandId: string): Promise<void> => {
      for (;;) {
        try {
          await handle(lamp, { type: 'Light', by: commandId }, contextOf(commandId));
          return;
        } catch {
          // Whether it was committed is not known: that is what the command's id is for.
          failed += 1;
          await pause(Math.random() * 10);
        }
      }
    };
    await Promise.all(
      ids.map(async (lamp) => {
        for (let times = 0; times < 25; times += 1) await insist(lamp, randomUUID());
      }),
    );
    await killing;
    expect(cut).toBeGreaterThan(10);
    expect(failed).toBeGreaterThan(0);
    for (const lamp of ids) {
      const { events } = await lamps.store.load(lamp);
      const seen = events.slice(1).map(({ event }) => Reflect.get(event.data, 'by'));
      expect(new Set(seen).size).toBe(25);
      expect(seen).toHaveLength(25);
      expect(await lamps.store.read(lampList).one({ id: lamp })).toMatchObject({ times: 25 });
    }
  }, 60_000);
});
