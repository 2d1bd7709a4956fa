import { randomUUID } from 'node:crypto';
import { reject } from '@orrery/kernel';
import { ClaimTaken, handleWith, stateOf, VersionConflict } from '../src/index.ts';
import {
  contextOf,
  freshLamps,
  installed,
  Lamp,
  type LampEvent,
  lampList,
  lit,
  metadata,
  newLamp,
  type OpenLamps,
} from './fixtures/lamps.ts';

describe('a handled command', () => {
  let lamps: OpenLamps;
  beforeAll(async () => {
    lamps = await freshLamps({ keks: [Buffer.alloc(32, 7)] });
  }, 30_000);
  afterAll(() => lamps.close());

  const context = () => contextOf(randomUUID());
  const handle = () => handleWith(lamps.store, Lamp, { name: 'lamp' });

  it('is decided on what happened before, and its events say who caused them', async () => {
    const lamp = newLamp();
    const orgId = randomUUID();
    const principal = { kind: 'user' as const, id: randomUUID(), permissions: [] };
    await handle()(lamp, { type: 'Install', room: 'hall' }, contextOf('first', { orgId, principal }));
    const lighting = await handle()(
      lamp,
      { type: 'Light', by: 'me' },
      { ...contextOf('second', { orgId, principal }), correlationId: 'first' },
    );
    expect(lighting).toMatchObject({ accepted: true, repeated: false, events: [{ type: 'LampLit', data: { by: 'me' } }] });
    const { events } = await lamps.store.load(lamp);
    expect(events[1]?.metadata).toEqual({ correlationId: 'first', causationId: 'second', actor: `user:${principal.id}`, orgId });
  });

  it('that is refused changes nothing and may be tried again', async () => {
    const lamp = newLamp();
    const same = context();
    expect(await handle()(lamp, { type: 'Light', by: 'me' }, same)).toEqual(reject('NoSuchLamp', {}));
    await handle()(lamp, { type: 'Install', room: 'hall' }, context());
    expect(await handle()(lamp, { type: 'Light', by: 'me' }, same)).toMatchObject({ accepted: true, repeated: false });
  });

  it('that wishes for what is already so is granted without an event, once', async () => {
    const lamp = newLamp();
    await handle()(lamp, { type: 'Install', room: 'hall' }, context());
    const same = context();
    const out = () => handle()(lamp, { type: 'PutOut' }, same, { answer: () => randomUUID() });
    const [first, second] = [await out(), await out()];
    expect(first).toMatchObject({ accepted: true, events: [], repeated: false });
    expect(second).toMatchObject({ accepted: true, events: [], repeated: true });
    expect(second.accepted && second.answer).toBe(first.accepted && first.answer);
    expect((await lamps.store.load(lamp)).version).toBe(1);
  });

  it('hears its first answer when it comes again, also where the state would now refuse it', async () => {
    const lamp = newLamp();
    const same = contextOf(randomUUID(), { idempotent: true });
    const install = (room: string) =>
      handle()(lamp, { type: 'Install', room }, same, { answer: (events) => ({ room, count: events.length }), input: { room } });
    expect(await install('hall')).toMatchObject({ answer: { room: 'hall', count: 1 }, repeated: false });
    expect(await install('hall')).toMatchObject({ answer: { room: 'hall', count: 1 }, repeated: true, events: [] });
    expect(await install('attic')).toEqual(reject('IdempotencyKeyReused', { commandId: same.commandId }));
    // The same key of another organization is another key.
    const other = { ...same, orgId: randomUUID() };
    expect(await handle()(lamp, { type: 'Install', room: 'hall' }, other)).toEqual(reject('LampExists', {}));
  });

  it('does not mind in which order the fields of its input come', async () => {
    const same = contextOf(randomUUID(), { idempotent: true });
    const install = (input: object) => handle()(newLamp(), { type: 'Install', room: 'hall' }, same, { input, fresh: true });
    await install({ a: 1, b: { c: 2, d: [3, { e: 4, f: 5 }] } });
    expect(await install({ b: { d: [3, { f: 5, e: 4 }], c: 2 }, a: 1 })).toMatchObject({ accepted: true, repeated: true });
    expect(await install({ b: { d: [{ f: 5, e: 4 }, 3], c: 2 }, a: 1 })).toMatchObject({ accepted: false });
  });

  it('keeps a secret answer so that nobody reads it in the database', async () => {
    const same = context();
    const secret = () =>
      handle()(newLamp(), { type: 'Install', room: 'x' }, same, { answer: () => ({ key: `lk_${randomUUID()}` }), sealed: true });
    const [first, again] = [await secret(), await secret()];
    expect(again).toMatchObject({ repeated: true, answer: first.accepted ? first.answer : undefined });
    const { rows } = await lamps.store.pool.query('SELECT FROM once WHERE answer LIKE $1', ['%lk_%']);
    expect(rows).toEqual([]);
  });

  it('from an event is handled once per consumer, whatever its own id', async () => {
    const lamp = newLamp();
    await handle()(lamp, { type: 'Install', room: 'hall' }, context());
    const eventId = randomUUID();
    const light = (consumer: string) => handle()(lamp, { type: 'Light', by: consumer }, context(), { inbox: { consumer, eventId } });
    expect(await light('one')).toMatchObject({ repeated: false });
    expect(await light('one')).toMatchObject({ repeated: true });
    expect(await light('two')).toMatchObject({ repeated: false });
    expect((await lamps.store.load(lamp)).version).toBe(3);
  });

  it('finds a claim taken: a refusal where it says which, else a fault', async () => {
    const [one, two, three] = [newLamp(), newLamp(), newLamp()];
    const room = randomUUID();
    const install = (lamp: string, more: object) =>
      handle()(lamp, { type: 'Install', room }, context(), { claims: () => [{ scope: 'room', key: room, take: lamp }], ...more });
    expect(await install(one, {})).toMatchObject({ accepted: true });
    const taken = (claim: ClaimTaken) => ({ code: 'RoomTaken' as const, details: { room: claim.key } });
    expect(await install(two, { taken })).toEqual(reject('RoomTaken', { room }));
    await expect(install(three, {})).rejects.toBeInstanceOf(ClaimTaken);
    expect((await lamps.store.load(two)).version).toBe(0);
  });

  it('writes rows of other tables with its events, or neither', async () => {
    const lamp = newLamp();
    const writes = () => [{ into: lampList, changes: [{ patch: { id: lamp }, set: { owner: 'written' } }] }];
    await handle()(lamp, { type: 'Install', room: 'hall' }, context(), { writes, fresh: true });
    expect(await lamps.store.read(lampList).one({ id: lamp })).toMatchObject({ owner: 'written' });
  });

  it('gives up after some conflicts, with the conflict', async () => {
    const lamp = newLamp();
    await handle()(lamp, { type: 'Install', room: 'hall' }, context());
    // Somebody else is always quicker.
    const spoiled = Object.create(lamps.store, {
      happened: {
        value: async (stream: string) => {
          const events = await lamps.store.happened<LampEvent>(stream);
          await lamps.store.commit({ appends: [lit(stream, events.length)], metadata });
          return events;
        },
      },
    });
    await expect(handleWith(spoiled, Lamp, { name: 'lamp' })(lamp, { type: 'Light', by: 'me' }, context())).rejects.toBeInstanceOf(
      VersionConflict,
    );
    expect((await lamps.store.load(lamp)).version).toBe(5);
  });

  it('on a fresh stream that turns out not to be decides again', async () => {
    const lamp = newLamp();
    await lamps.store.commit({ appends: [installed(lamp)], metadata });
    expect(await handle()(lamp, { type: 'Install', room: 'hall' }, context(), { fresh: true })).toEqual(reject('LampExists', {}));
  });
});

describe('a snapshot', () => {
  let lamps: OpenLamps;
  beforeAll(async () => {
    lamps = await freshLamps();
  }, 30_000);
  afterAll(() => lamps.close());

  it('gives the state that all events give, and spares reading them', async () => {
    const lamp = newLamp();
    const handle = handleWith(lamps.store, Lamp, { name: 'lamp', snapshots: { every: 10, shape: 'lamp-1' } });
    await handle(lamp, { type: 'Install', room: 'hall' }, contextOf(randomUUID()));
    for (let times = 0; times < 24; times += 1) await handle(lamp, { type: 'Light', by: String(times) }, contextOf(randomUUID()));
    const { snapshot, events } = await lamps.store.happenedSince(lamp, 'lamp-1');
    expect(snapshot).toEqual({ version: 20, state: { room: 'hall', lit: true, times: 19 } });
    expect(events).toHaveLength(5);
    const last = await handle(lamp, { type: 'Light', by: 'x' }, contextOf(randomUUID()), { answer: (_events, state) => state });
    expect(last).toMatchObject({ answer: { room: 'hall', lit: true, times: 25 } });
    expect((await stateOf(lamps.store, Lamp, lamp)).state).toEqual({ room: 'hall', lit: true, times: 25 });
  });

  it('of another shape is passed by', async () => {
    const lamp = newLamp();
    await lamps.store.commit({ appends: [installed(lamp), ...[]], metadata });
    await lamps.store.pool.query(`INSERT INTO snapshots (stream, shape, version, state) VALUES ($1, 'old', 1, '{"nonsense":true}')`, [
      lamp,
    ]);
    const handle = handleWith(lamps.store, Lamp, { name: 'lamp', snapshots: { every: 10, shape: 'new' } });
    const lighting = await handle(lamp, { type: 'Light', by: 'me' }, contextOf(randomUUID()), { answer: (_events, state) => state });
    expect(lighting).toMatchObject({ answer: { room: 'hall', lit: true, times: 1 } });
  });
});

describe('a stream', () => {
  let lamps: OpenLamps;
  let now = Date.parse('2026-01-01T00:00:00Z');
  beforeAll(async () => {
    lamps = await freshLamps({ clock: { now: () => now } });
  }, 30_000);
  afterAll(() => lamps.close());

  it('is read as it was, by version and by time', async () => {
    const lamp = newLamp();
    await lamps.store.commit({ appends: [installed(lamp)], metadata });
    for (let version = 1; version < 5; version += 1) {
      now += 60_000;
      await lamps.store.commit({ appends: [lit(lamp, version)], metadata });
    }
    expect(await stateOf(lamps.store, Lamp, lamp, { at: 3 })).toMatchObject({ version: 3, state: { times: 2 } });
    expect(await stateOf(lamps.store, Lamp, lamp, { at: new Date('2026-01-01T00:01:59Z') })).toMatchObject({
      version: 2,
      state: { times: 1 },
    });
    expect(await stateOf(lamps.store, Lamp, lamp, { at: new Date('2025-12-31T00:00:00Z') })).toEqual({ version: 0, state: Lamp.initial });
    expect(await stateOf(lamps.store, Lamp, lamp)).toMatchObject({ version: 5, state: { times: 4 } });
  });

  it('tells its life page by page', async () => {
    const lamp = newLamp();
    await lamps.store.commit({ appends: [installed(lamp)], metadata });
    for (let version = 1; version < 5; version += 1) await lamps.store.commit({ appends: [lit(lamp, version)], metadata });
    const first = await lamps.store.history(lamp, { limit: 3 });
    const second = await lamps.store.history(lamp, { after: first.at(-1)?.version ?? 0, limit: 3 });
    expect([...first, ...second].map(({ version }) => version)).toEqual([1, 2, 3, 4, 5]);
  });
});
