import { eventually } from '@orrery/testing';
import { exportLog } from '../src/export-log.ts';
import { CloudEvent } from '../src/index.ts';
import { freshLamps, metadata, newLamp, type OpenLamps } from './fixtures/lamps.ts';

describe('The export of a log', () => {
  let lamps: OpenLamps;
  beforeAll(async () => {
    lamps = await freshLamps();
  }, 30_000);
  afterAll(() => lamps.close());

  const exported = async (from: Date | 'start'): Promise<readonly CloudEvent[]> => {
    const events: CloudEvent[] = [];
    for await (const event of exportLog(lamps.store, from)) events.push(event);
    return events;
  };

  it('has every event in order, page after page, as CloudEvents', async () => {
    const client = await lamps.connect();
    const many = 2_345;
    await client.query(
      `INSERT INTO events (id, stream, version, type, data, metadata, recorded_at)
        SELECT gen_random_uuid(), 'lamp-' || gen_random_uuid(), 1, 'LampInstalled.v1', json_build_object('room', n::text), $1,
          '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 second' FROM generate_series(1, $2::int) AS n`,
      [metadata, many],
    );
    const events = await eventually(async () => {
      const some = await exported('start');
      return some.length >= many && some;
    });
    expect(events.map(({ data }) => data['room'])).toEqual(Array.from({ length: many }, (_, index) => String(index + 1)));
    expect(events[0]).toEqual(CloudEvent.parse(events[0]));
    expect(events[0]?.type).toBe('orrery.lamps.LampInstalled.v1');
  });

  it('can begin at an instant', async () => {
    const client = await lamps.connect();
    await client.query(
      `INSERT INTO events (id, stream, version, type, data, metadata, recorded_at)
        VALUES (gen_random_uuid(), $1, 1, 'LampInstalled.v1', '{"room":"late"}', $2, '2026-02-01T00:00:00Z')`,
      [newLamp(), metadata],
    );
    const rooms = await eventually(async () => {
      const some = await exported(new Date('2026-01-31T00:00:00Z'));
      return some.length > 0 && some.map(({ data }) => data['room']);
    });
    expect(rooms).toEqual(['late']);
  });
});
