import { randomUUID } from 'node:crypto';
import { logStart } from '@orrery/kernel';
import { eventually } from '@orrery/testing';
import { checkView, erasePerson, handleWith, keysInUse, rotateKeys } from '../src/index.ts';
import { contextOf, freshLamps, installed, Lamp, lampList, lit, metadata, newLamp, type OpenLamps } from './fixtures/lamps.ts';

const kek = Buffer.alloc(32, 7);

describe('what tells of a person', () => {
  let lamps: OpenLamps;
  beforeAll(async () => {
    lamps = await freshLamps({ keks: [kek] });
  }, 30_000);
  afterAll(() => lamps.close());

  const named = (stream: string, expected: number, personId: string, name = 'Ada') => ({
    stream,
    expected,
    events: [{ type: 'OwnerNamed', data: { personId, name, email: `${name}@example.org` } }],
  });

  /** A lamp that belongs to a person. */
  const owned = async (personId: string, name?: string): Promise<string> => {
    const lamp = newLamp();
    await lamps.store.commit({ appends: [installed(lamp)], metadata });
    await lamps.store.commit({ appends: [named(lamp, 1, personId, name)], metadata });
    return lamp;
  };

  it('is read by whoever reads events, and by nobody who reads the table', async () => {
    const person = randomUUID();
    const lamp = await owned(person);
    const { events } = await lamps.store.load(lamp);
    expect(events[1]?.event.data).toEqual({ personId: person, name: 'Ada', email: 'Ada@example.org' });
    const { rows } = await lamps.store.pool.query<{ row: string }>('SELECT row_to_json(e)::text AS row FROM events e WHERE stream = $1', [
      lamp,
    ]);
    expect(rows.map(({ row }) => row).join()).not.toMatch(/Ada/);
    expect(rows.map(({ row }) => row).join()).toContain(person);
  });

  it('is the same in the log, and with another process', async () => {
    const person = randomUUID();
    await owned(person, 'Grace');
    const another = await lamps.another();
    const log = await eventually(async () => {
      const events = await another.readLog(logStart, 10_000);
      return events.some(({ event }) => Reflect.get(event.data, 'personId') === person) && events;
    });
    expect(log.map(({ event }) => Reflect.get(event.data, 'name'))).toContain('Grace');
  });

  it('is gone for good when the person is erased, from events, views and snapshots, and from nobody else', async () => {
    const [ada, bob] = [randomUUID(), randomUUID()];
    const [hers, his, shared] = [await owned(ada), await owned(bob, 'Bob'), await owned(ada)];
    await lamps.store.commit({ appends: [named(shared, 2, bob, 'Bob')], metadata });
    await lamps.store.commit({ appends: [lit(hers, 2), lit(his, 2)], metadata });
    const handle = handleWith(lamps.store, Lamp, { name: 'lamp', snapshots: { every: 2, shape: 'lamp-1' } });
    await handle(hers, { type: 'Light', by: 'me' }, contextOf(randomUUID()));
    await erasePerson(lamps.store, ada);
    const dataOf = async (lamp: string) => (await lamps.store.load(lamp)).events.map(({ event }) => event.data);
    expect(await dataOf(hers)).toContainEqual({ personId: ada, name: '[erased]', email: '[erased]' });
    expect(await dataOf(his)).toContainEqual({ personId: bob, name: 'Bob', email: 'Bob@example.org' });
    const ownerOf = async (lamp: string) => (await lamps.store.read(lampList).one({ id: lamp }))?.owner;
    expect(await Promise.all([hers, his, shared].map(ownerOf))).toEqual(['[erased]', 'Bob', 'Bob']);
    expect(await lamps.store.read(lampList).one({ id: hers })).toMatchObject({ times: 2, room: 'hall', litBy: 'me' });
    const { rows } = await lamps.store.pool.query('SELECT FROM snapshots WHERE stream = $1', [hers]);
    expect(rows).toEqual([]);
    // A view built from zero after that is the same.
    expect(await checkView(lamps.store, 'lamp-list')).toBe(0);
  });

  it('may be erased twice, and a person without a fact may be erased', async () => {
    const person = randomUUID();
    const lamp = await owned(person);
    await erasePerson(lamps.store, person);
    await erasePerson(lamps.store, person);
    await erasePerson(lamps.store, randomUUID());
    expect((await lamps.store.load(lamp)).events[1]?.event.data).toMatchObject({ name: '[erased]' });
  });

  it('of one who comes back is kept under a new key; the old facts stay closed', async () => {
    const person = randomUUID();
    const lamp = await owned(person, 'Ada');
    await erasePerson(lamps.store, person);
    await lamps.store.commit({ appends: [named(lamp, 2, person, 'Ada again')], metadata });
    expect(await lamps.store.load(lamp)).toMatchObject({
      events: [{}, { event: { data: { name: '[erased]' } } }, { event: { data: { name: 'Ada again' } } }],
    });
  });

  it('is opened by another process a second after it was erased at the latest no more', async () => {
    const person = randomUUID();
    const lamp = await owned(person);
    const another = await lamps.another();
    expect((await another.load(lamp)).events[1]?.event.data).toMatchObject({ name: 'Ada' });
    await erasePerson(lamps.store, person);
    await eventually(async () => expect((await another.load(lamp)).events[1]?.event.data).toMatchObject({ name: '[erased]' }));
  });

  it('needs a key-encryption key, and says so', async () => {
    const bare = await lamps.another({ keks: [] });
    await expect(bare.commit({ appends: [named(newLamp(), 0, randomUUID())], metadata })).rejects.toThrow('key-encryption key');
  });

  it('survives a new key-encryption key', async () => {
    const person = randomUUID();
    const lamp = await owned(person);
    const once = { scope: 'command', key: randomUUID(), answer: { secret: 'lk_1234' }, sealed: true };
    await lamps.store.commit({ appends: [installed(newLamp())], once, metadata });
    const young = Buffer.alloc(32, 8);
    const turning = await lamps.another({ keks: [young, kek] });
    expect((await turning.load(lamp)).events[1]?.event.data).toMatchObject({ name: 'Ada' });
    expect((await keysInUse(turning, [])).map(({ table, isCurrent }) => [table, isCurrent])).toEqual([
      ['person_keys', false],
      ['once', false],
    ]);
    const [persons, answers] = await rotateKeys(turning, []);
    expect([persons?.rows, answers]).toEqual([expect.any(Number), { table: 'once', rows: 1 }]);
    expect(await rotateKeys(turning, [])).toMatchObject([{ rows: 0 }, { rows: 0 }]);
    expect((await keysInUse(turning, [])).every(({ isCurrent }) => isCurrent)).toBe(true);
    const turned = await lamps.another({ keks: [young] });
    expect((await turned.load(lamp)).events[1]?.event.data).toMatchObject({ name: 'Ada' });
    expect((await turned.kept(once.scope, once.key))?.answer).toEqual({ secret: 'lk_1234' });
    await lamps.another({ keks: [kek, young] }).then((back) => rotateKeys(back, []));
  });
});
