import { randomUUID } from 'node:crypto';
import { comparePlaces, logStart, type Place, type Recorded } from '@orrery/kernel';
import { eventually } from '@orrery/testing';
import type pg from 'pg';
import { placeOf, sequenceOf } from '../src/place.ts';
import { freshLamps, installed, metadata, newLamp, type OpenLamps } from './fixtures/lamps.ts';

describe('the log', () => {
  let lamps: OpenLamps;
  beforeAll(async () => {
    lamps = await freshLamps();
  }, 30_000);
  afterAll(() => lamps.close());

  /** Appends by hand, so that a transaction can be held open. */
  const insert = async (client: pg.Client, room: string): Promise<void> => {
    await client.query(
      `INSERT INTO events (id, stream, version, type, data, metadata, recorded_at)
        VALUES ($1, $2, 1, 'LampInstalled.v1', $3, $4, now())`,
      [randomUUID(), newLamp(), { room }, metadata],
    );
  };

  /** A transaction of some events that takes its time now and then, and is taken back now and then; gives what it wrote. */
  const transact = async (client: pg.Client): Promise<readonly string[]> => {
    const rooms = Array.from({ length: 1 + Math.floor(Math.random() * 3) }, () => randomUUID());
    await client.query('BEGIN');
    for (const room of rooms) await insert(client, room);
    if (Math.random() < 0.2) await client.query(`SELECT pg_sleep(${(Math.random() * 0.01).toFixed(4)})`);
    const isGood = Math.random() < 0.8;
    await client.query(isGood ? 'COMMIT' : 'ROLLBACK');
    return isGood ? rooms : [];
  };

  const roomsOf = (events: readonly Recorded[]): unknown[] => events.map(({ event }) => Reflect.get(event.data, 'room'));

  /** Reads on from a place; gives what came and the new place. */
  const readOn = async (place: Place): Promise<{ rooms: unknown[]; place: Place }> => {
    const events = await lamps.store.readLog(place, 1_000);
    return { rooms: roomsOf(events), place: events.at(-1)?.place ?? place };
  };

  /** Reads on until these rooms have come, whatever else the server is busy with. */
  const readUntil = async (start: Place, count: number): Promise<{ rooms: unknown[]; place: Place }> => {
    let { place } = { place: start };
    const rooms: unknown[] = [];
    return await eventually(async () => {
      const next = await readOn(place);
      place = next.place;
      rooms.push(...next.rooms);
      return rooms.length >= count && { rooms, place };
    });
  };

  it('does not skip an event whose transaction commits after its successors', async () => {
    const start = (await readOn(logStart)).place;
    const [slow, quick] = [await lamps.connect(), await lamps.connect()];
    await slow.query('BEGIN');
    await insert(slow, 'first position, last to commit');
    await insert(quick, 'second position, first to commit');
    // The reader must wait: what it gave now could never be followed by what is still to come before it.
    expect((await readOn(start)).rooms).toEqual([]);
    await slow.query('COMMIT');
    const { rooms } = await readUntil(start, 2);
    expect(rooms).toEqual(['first position, last to commit', 'second position, first to commit']);
  });

  it('does not lose an event whose transaction began later but drew an earlier position', async () => {
    const start = (await readOn(logStart)).place;
    const [early, late] = [await lamps.connect(), await lamps.connect()];
    // The earlier transaction draws the later position: by position alone the reader would pass the other by.
    await early.query('BEGIN');
    await early.query('SELECT pg_current_xact_id()');
    await late.query('BEGIN');
    await insert(late, 'later transaction, earlier position');
    await insert(early, 'earlier transaction, later position');
    await early.query('COMMIT');
    const first = await readUntil(start, 1);
    expect(first.rooms).toEqual(['earlier transaction, later position']);
    await late.query('COMMIT');
    const second = await readUntil(first.place, 1);
    expect(second.rooms).toEqual(['later transaction, earlier position']);
    expect(second.place.position).toBeLessThan(first.place.position);
  });

  it('keeps its order where the number of a transaction gets another digit', async () => {
    const start = (await readOn(logStart)).place;
    const client = await lamps.connect();
    // Transactions of a young server have few digits: we need not wait for a real change of digits to see one.
    const at = async (transaction: string, room: string): Promise<void> => {
      await client.query(
        `INSERT INTO events (id, stream, version, type, data, metadata, recorded_at, transaction)
          VALUES ($1, $2, 1, 'LampInstalled.v1', $3, $4, now(), $5::text::xid8)`,
        [randomUUID(), newLamp(), { room }, metadata, transaction],
      );
    };
    const { rows } = await client.query<{ now: string }>('SELECT pg_current_xact_id()::text AS now');
    const digits = rows[0]?.now.length ?? 0;
    // The greatest number with one digit less, and the smallest with as many as now: both in the past of this server.
    const last = '9'.repeat(digits - 1);
    const next = `1${'0'.repeat(digits - 1)}`;
    await at(next, 'ten');
    await at(last, 'nine');
    const log = await eventually(async () => {
      const events = await lamps.store.readLog(logStart, 10_000);
      return roomsOf(events).includes('ten') && events;
    });
    const order = roomsOf(log).filter((room) => room === 'nine' || room === 'ten');
    expect(order).toEqual(['nine', 'ten']);
    const places = log.map(({ place }) => place);
    expect([...places].sort(comparePlaces)).toEqual(places);
    // A cursor between the two sees the second only.
    const between = log.find(({ place }) => place.transaction === BigInt(last))?.place ?? start;
    const [after] = await lamps.store.readLog(between, 1);
    expect(roomsOf(after ? [after] : [])).toEqual(['ten']);
    await client.query('DELETE FROM events WHERE transaction = ANY($1::text[]::xid8[])', [[last, next]]);
  });

  it('writes a place as text and reads it back', () => {
    const place = { transaction: 18_446_744_073_709_551_615n, position: 9_223_372_036_854_775_807n };
    expect(placeOf(sequenceOf(place))).toEqual(place);
    for (const wrong of ['', '1', '1.', '.1', '1.2.3', '-1.2', 'a.b']) expect(() => placeOf(wrong)).toThrow(RangeError);
  });

  it('is read without a gap and without a repetition while writers commit, hold on and give up at random', async () => {
    const start = (await readOn(logStart)).place;
    const writers = 12;
    const rounds = 40;
    const written = new Set<string>();
    let writing = writers;
    const hand = async (): Promise<void> => {
      const client = await lamps.connect();
      for (let round = 0; round < rounds; round += 1) for (const room of await transact(client)) written.add(room);
      writing -= 1;
    };
    const through = async (): Promise<void> => {
      for (let round = 0; round < rounds; round += 1) {
        const room = randomUUID();
        await lamps.store.commit({ appends: [installed(newLamp(), room)], metadata });
        written.add(room);
      }
      writing -= 1;
    };
    const working = Promise.all(Array.from({ length: writers }, (_, index) => (index % 2 === 0 ? hand() : through())));
    const seen: unknown[] = [];
    let place = start;
    await eventually(
      async () => {
        const next = await readOn(place);
        seen.push(...next.rooms);
        place = next.place;
        return writing === 0 && seen.length >= written.size;
      },
      { within: 30_000, every: 1 },
    );
    await working;
    expect(seen.length).toBe(written.size);
    expect(new Set(seen)).toEqual(written);
  }, 60_000);
});
