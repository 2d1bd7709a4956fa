import { randomUUID } from 'node:crypto';
import { logStart } from '@orrery/kernel';
import { eventually } from '@orrery/testing';
import {
  ClaimTaken,
  InvalidEvent,
  json,
  Overloaded,
  Repeated,
  table,
  text,
  type Unit,
  UnknownEvent,
  VersionConflict,
} from '../src/index.ts';
import { freshLamps, installed, lampList, lit, metadata, newLamp, type OpenLamps } from './fixtures/lamps.ts';

const odd = table({ table: 'odd', columns: { id: text(), more: json() }, key: ['id'] });

const lampRow = (id: string, room: string) => ({ id, room, litBy: null, times: 0, owner: null, changedAt: new Date().toISOString() });

describe('an append', () => {
  let lamps: OpenLamps;
  beforeAll(async () => {
    lamps = await freshLamps({ keks: [Buffer.alloc(32, 7)] });
  }, 30_000);
  afterAll(() => lamps.close());

  const commit = (unit: Partial<Unit>) => lamps.store.commit({ appends: [], metadata, ...unit });

  it('is read back as it was written, with what surrounds it', async () => {
    const lamp = newLamp();
    const surrounding = { ...metadata, orgId: randomUUID(), traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    await commit({ appends: [installed(lamp, 'attic “é” \u{1F4A1}')], metadata: surrounding });
    await commit({ appends: [lit(lamp, 1)] });
    const { events, version } = await lamps.store.load(lamp);
    expect(version).toBe(2);
    expect(events[0]).toMatchObject({
      stream: lamp,
      version: 1,
      event: { type: 'LampInstalled', data: { room: 'attic “é” \u{1F4A1}' } },
      metadata: surrounding,
      recordedAt: expect.any(Date),
      place: { transaction: expect.any(BigInt), position: expect.any(BigInt) },
    });
    expect(events[1]).toMatchObject({ version: 2, event: { type: 'LampLit', data: { by: 'me' } } });
    expect(await lamps.store.byId(events[1]?.id ?? '')).toEqual(events[1]);
  });

  it('conflicts where the stream has moved on, and where it has not come so far', async () => {
    const lamp = newLamp();
    await commit({ appends: [installed(lamp)] });
    await expect(commit({ appends: [installed(lamp)] })).rejects.toEqual(new VersionConflict(lamp, 0));
    await expect(commit({ appends: [lit(lamp, 7)] })).rejects.toEqual(new VersionConflict(lamp, 7));
    await expect(commit({ appends: [lit(newLamp(), 1)] })).rejects.toBeInstanceOf(VersionConflict);
    expect((await lamps.store.load(lamp)).version).toBe(1);
  });

  it('of several streams happens in all of them or in none', async () => {
    const [one, two] = [newLamp(), newLamp()];
    await commit({ appends: [installed(two)] });
    await expect(commit({ appends: [installed(one), installed(two)] })).rejects.toEqual(new VersionConflict(two, 0));
    expect((await lamps.store.load(one)).version).toBe(0);
    expect(await lamps.store.pool.query('SELECT FROM lamp_list WHERE id = $1', [one])).toMatchObject({ rowCount: 0 });
    await commit({ appends: [installed(one), lit(two, 1)] });
    expect((await lamps.store.load(two)).version).toBe(2);
  });

  it('refuses data that does not fit its contract, and types that nobody declared', async () => {
    const stream = newLamp();
    const wrong = commit({ appends: [{ stream, expected: 0, events: [{ type: 'LampInstalled', data: { room: 7 } }] }] });
    await expect(wrong).rejects.toBeInstanceOf(InvalidEvent);
    await expect(commit({ appends: [{ stream, expected: 0, events: [{ type: 'LampSold', data: {} }] }] })).rejects.toBeInstanceOf(
      UnknownEvent,
    );
    expect((await lamps.store.load(stream)).version).toBe(0);
  });

  it('takes a claim once, whoever asks, and leaves nothing behind where it is taken', async () => {
    const [one, two] = [newLamp(), newLamp()];
    const take = (stream: string) => ({ appends: [installed(stream)], claims: [{ scope: 'socket', key: 'a, b)', take: stream }] });
    await commit(take(one));
    await expect(commit(take(two))).rejects.toEqual(new ClaimTaken('socket', 'a, b)'));
    expect((await lamps.store.load(two)).version).toBe(0);
    expect(await lamps.store.holderOf('socket', 'a, b)')).toBe(one);
  });

  it('releases a claim of its own stream only, and may pass it on in one step', async () => {
    const [one, two] = [newLamp(), newLamp()];
    await commit({ claims: [{ scope: 'socket', key: 'c', take: one }] });
    await commit({ claims: [{ scope: 'socket', key: 'c', release: two }] });
    expect(await lamps.store.holderOf('socket', 'c')).toBe(one);
    await commit({
      claims: [
        { scope: 'socket', key: 'c', take: two },
        { scope: 'socket', key: 'c', release: one },
      ],
    });
    expect(await lamps.store.holderOf('socket', 'c')).toBe(two);
  });

  it('has its effect once per key, and gives back what was kept then', async () => {
    const [one, two] = [newLamp(), newLamp()];
    const once = { scope: 'command', key: randomUUID(), hash: 'h', answer: { id: one } };
    await commit({ appends: [installed(one)], once });
    const again = commit({ appends: [installed(two)], once: { ...once, answer: { id: two } } });
    await expect(again).rejects.toMatchObject({ name: 'Repeated', scope: 'command', key: once.key, hash: 'h', answer: { id: one } });
    expect((await lamps.store.load(two)).version).toBe(0);
    // Both would conflict: that it is a repetition says more.
    await expect(commit({ appends: [installed(one)], once })).rejects.toBeInstanceOf(Repeated);
  });

  it('keeps a secret answer sealed', async () => {
    const key = randomUUID();
    await commit({ once: { scope: 'command', key, answer: { secret: 'lk_1234' }, sealed: true } });
    const { rows } = await lamps.store.pool.query<{ answer: string }>('SELECT answer FROM once WHERE key = $1', [key]);
    expect(rows[0]?.answer).not.toContain('lk_');
    expect(await lamps.store.kept('command', key)).toEqual({ hash: undefined, answer: { secret: 'lk_1234' } });
  });

  it('that must fail does not fail those it shares a transaction with', async () => {
    const taken = newLamp();
    await commit({
      appends: [installed(taken)],
      claims: [{ scope: 'socket', key: 'd', take: taken }],
      once: { scope: 'command', key: 'd' },
    });
    const good = Array.from({ length: 60 }, newLamp);
    const [conflict, claim, repeated, ...fine] = await Promise.allSettled([
      commit({ appends: [lit(taken, 5)] }),
      commit({ appends: [installed(newLamp())], claims: [{ scope: 'socket', key: 'd', take: 'x' }] }),
      commit({ appends: [installed(newLamp())], once: { scope: 'command', key: 'd' } }),
      ...good.map((stream) => commit({ appends: [installed(stream)] })),
    ]);
    expect(conflict).toMatchObject({ reason: { name: 'VersionConflict', stream: taken } });
    expect(claim).toMatchObject({ reason: { name: 'ClaimTaken' } });
    expect(repeated).toMatchObject({ reason: { name: 'Repeated' } });
    expect(fine.every(({ status }) => status === 'fulfilled')).toBe(true);
    for (const stream of good) expect((await lamps.store.load(stream)).version).toBe(1);
  });

  it('is written as it is, alone or with many others', async () => {
    const rooms = [
      '“é” \u{1F4A1}',
      '',
      'NULL',
      '{"a","b"}',
      '\\ \' " , {}',
      'line\nline\ttab',
      '\u0001',
      ...Array.from({ length: 60 }, (_, n) => `room ${n}`),
    ];
    const written = rooms.map((room) => ({ room, stream: newLamp() }));
    await Promise.all(
      written.map(({ room, stream }) =>
        commit({ appends: [installed(stream, room)], once: { scope: 'room', key: stream, answer: { room } } }),
      ),
    );
    for (const { room, stream } of written) {
      expect((await lamps.store.load(stream)).events).toMatchObject([{ event: { data: { room } }, metadata }]);
      expect(await lamps.store.read(lampList).one({ id: stream })).toMatchObject({ room, litBy: null });
      expect(await lamps.store.kept('room', stream)).toEqual({ hash: undefined, answer: { room } });
    }
  });

  it('of a text that PostgreSQL cannot hold fails alone', async () => {
    const [bad, ...good] = await Promise.allSettled(
      ['a\0b', ...Array.from({ length: 40 }, () => 'hall')].map((room) =>
        commit({ appends: [], writes: [{ into: lampList, changes: [{ put: lampRow(newLamp(), room) }] }] }),
      ),
    );
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: '22021' } });
    expect(good.every(({ status }) => status === 'fulfilled')).toBe(true);
  });

  it('goes on when its connections were cut while nothing was under way', async () => {
    await commit({ appends: [installed(newLamp())] });
    const killer = await lamps.connect();
    const { rows } = await killer.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%lamp_list%'`,
    );
    expect(rows.length).toBeGreaterThan(0);
    await killer.query('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [rows.map(({ pid }) => pid)]);
    await eventually(
      async () => (await killer.query('SELECT 1 FROM pg_stat_activity WHERE pid = ANY($1)', [rows.map(({ pid }) => pid)])).rowCount === 0,
    );
    // The end of a connection takes a turn to be heard of.
    await new Promise(setImmediate);
    await commit({ appends: [installed(newLamp())] });
  });

  it('of a view row that the table refuses fails alone, whole', async () => {
    const stream = newLamp();
    await commit({ appends: [installed(stream)] });
    await lamps.store.pool.query('ALTER TABLE lamp_list ADD CONSTRAINT no_villain CHECK (lit_by <> $$villain$$)');
    const [bad, good] = await Promise.allSettled([
      commit({ appends: [lit(stream, 1, 'villain')] }),
      commit({ appends: [installed(newLamp())] }),
    ]);
    expect(bad).toMatchObject({ status: 'rejected', reason: { constraint: 'no_villain' } });
    expect(good.status).toBe('fulfilled');
    expect((await lamps.store.load(stream)).version).toBe(1);
  });

  it('that cannot even be written down fails alone', async () => {
    const writes = [{ into: odd, changes: [{ put: { id: 'x', more: { big: 1n } } }] }];
    const [bad, good] = await Promise.allSettled([commit({ writes }), commit({ appends: [installed(newLamp())] })]);
    expect(bad).toMatchObject({ status: 'rejected', reason: { name: 'TypeError', message: expect.stringContaining('BigInt') } });
    expect(good.status).toBe('fulfilled');
  });

  it('goes to each stream once', async () => {
    const lamp = newLamp();
    await expect(commit({ appends: [installed(lamp), lit(lamp, 1)] })).rejects.toThrow('once to each stream');
  });

  it('of much is not held up by much more', async () => {
    const units = Array.from({ length: 12 }, () => {
      const [lighting] = lit(newLamp(), 0, 'x'.repeat(1_000_000)).events;
      return commit({ appends: [{ stream: newLamp(), expected: 0, events: lighting ? [lighting] : [] }] });
    });
    expect((await Promise.allSettled(units)).every(({ status }) => status === 'fulfilled')).toBe(true);
  });

  it('is refused clearly when too many wait', async () => {
    const slow = await lamps.another({ maxWaiting: 10, lanes: 1 });
    const blocker = await lamps.connect();
    await blocker.query('BEGIN; LOCK TABLE events IN SHARE ROW EXCLUSIVE MODE');
    const all = Array.from({ length: 40 }, () => slow.commit({ appends: [installed(newLamp())], metadata }));
    const settled = Promise.allSettled(all);
    await blocker.query('ROLLBACK');
    const shed = (await settled).filter((result) => result.status === 'rejected');
    expect(shed.length).toBeGreaterThan(0);
    for (const { reason } of shed) expect(reason).toBeInstanceOf(Overloaded);
    expect((await settled).filter(({ status }) => status === 'fulfilled').length + shed.length).toBe(40);
  });

  it('shows in the log exactly once', async () => {
    const { rows } = await lamps.store.pool.query<{ count: bigint }>('SELECT count(*) FROM events');
    // Transactions of other databases of this server hold the log back while they last.
    const all = await eventually(async () => {
      const log = await lamps.store.readLog(logStart, 100_000);
      return BigInt(log.length) === rows[0]?.count && log;
    });
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });
});
