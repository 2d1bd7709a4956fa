import { instantOf } from '@orrery/contracts';
import { outputWaiting } from '@orrery/event-store';
import { eventually } from '@orrery/testing';
import { workerId } from './facts.ts';
import { Reader } from './world/reader.ts';
import { World } from './world/world.ts';

jest.setTimeout(40_000);

let world: World;
beforeAll(async () => {
  world = await World.start();
}, 60_000);
afterEach(() => world.tidy(), 40_000);
afterAll(() => world.close(), 30_000);

const stored = async (runId: string): Promise<number> => {
  const { rows } = await world.telemetry.query<{ count: string }>(
    'SELECT count(*) FROM log_entries WHERE stream = (SELECT id FROM log_streams WHERE name = $1)',
    [`run-${runId}`],
  );
  return Number(rows[0]?.count ?? 0);
};

describe('output', () => {
  it('is kept once, under the organization of the run, whatever the machine says', async () => {
    const agent = await world.machine();
    const run = await world.submit();
    const held = await agent.holds(run.id);
    const chunks = [{ runId: run.id, attempt: 1, seq: 1, stream: 'stderr', at: instantOf(Date.now()), text: 'mine \0' }];
    const subject = `tele.output.${agent.workerId}.${run.id}`;
    for (let n = 0; n < 3; n += 1) await agent.publish(subject, { orgId: workerId(9), chunks });
    await eventually(async () => (await stored(run.id)) === 1);
    const { rows } = await world.telemetry.query('SELECT owner, labels FROM log_streams WHERE name = $1', [`run-${run.id}`]);
    expect(rows).toEqual([{ owner: world.org, labels: { hostname: 'machine' } }]);
    await agent.begin(held);
    await agent.finish(held, { lastSeq: 1 });
  });

  it('of a machine that does not have the run is nobody’s', async () => {
    const agent = await world.machine();
    const run = await world.submit();
    const held = await agent.holds(run.id);
    const chunk = { runId: run.id, attempt: 1, seq: 1, stream: 'stdout', at: instantOf(Date.now()), text: 'forged' } as const;
    const reader = await Reader.open(world, { runId: run.id });
    await agent.publish(`tele.output.${workerId(7)}.${run.id}`, { orgId: world.org, chunks: [chunk] });
    await agent.publish(`tele.output.${agent.workerId}.${run.id}`, { orgId: world.org, chunks: [{ ...chunk, attempt: 2 }] });
    await agent.publish(`tele.output.${agent.workerId}.${run.id}`, { nonsense: true });
    await agent.begin(held);
    await agent.print(held, 'true');
    await eventually(async () => (await stored(run.id)) === 1);
    await agent.finish(held);
    await eventually(() => reader.isDone);
    expect(reader.text).toBe('true');
  });
});

describe('while the store cannot take anything', () => {
  it('a run that floods is held back, and costs another none of its lines', async () => {
    const agent = await world.machine();
    const noisy = await agent.holds((await world.submit()).id);
    const quiet = await agent.holds((await world.submit()).id);
    const lock = await world.telemetry.connect();
    await lock.query('BEGIN');
    await lock.query('LOCK TABLE log_streams IN ACCESS EXCLUSIVE MODE');
    const flood = async (): Promise<number> => {
      for (let taken = 0; ; taken += 1) {
        try {
          await agent.print(noisy, `noise ${taken}\n`);
        } catch {
          return taken;
        }
      }
    };
    const taken = await flood();
    expect(taken).toBe(outputWaiting);
    for (const line of ['one\n', 'two\n', 'three\n']) await agent.print(quiet, line);
    await lock.query('ROLLBACK');
    lock.release();
    await eventually(async () => expect(await world.storedOutput(quiet.spec.runId)).toBe('one\ntwo\nthree\n'), { within: 20_000 });
    const noise = Array.from({ length: taken }, (_, index) => `noise ${index}\n`).join('');
    await eventually(async () => expect(await world.storedOutput(noisy.spec.runId)).toBe(noise));
    // What was refused is offered again, and taken.
    noisy.seq = taken;
    await eventually(() => agent.print(noisy, 'more\n').then(() => true));
    await eventually(async () => expect(await world.storedOutput(noisy.spec.runId)).toBe(`${noise}more\n`));
  });
});

describe('samples', () => {
  it('of a run are kept under its organization, and those of a machine under the machine', async () => {
    const agent = await world.machine();
    const run = await world.submit();
    await agent.holds(run.id);
    const sample = { name: 'systemCpuUsagePercent', at: instantOf(Date.now()), value: 12.5 };
    await agent.publish(`tele.metrics.${agent.workerId}`, {
      workerId: agent.workerId,
      hostname: 'machine',
      samples: [{ ...sample, runId: run.id }, sample, { ...sample, gpu: 1 }, { ...sample, runId: workerId(5) }],
    });
    const labels = await eventually(async () => {
      const { rows } = await world.telemetry.query<{ labels: Record<string, string> }>('SELECT labels FROM metric_series ORDER BY id');
      return rows.length >= 3 && rows.map((row) => row.labels);
    });
    expect(labels).toHaveLength(3);
    expect(labels).toEqual(
      expect.arrayContaining([
        { run: run.id, org: world.org, hostname: 'machine' },
        { worker: agent.workerId, hostname: 'machine' },
        { worker: agent.workerId, hostname: 'machine', gpu: '1' },
      ]),
    );
  });
});

it('is taken in again after JetStream has lost everything', async () => {
  const agent = await world.machine();
  const run = await world.submit();
  const held = await agent.holds(run.id);
  await agent.begin(held);
  await agent.print(held, 'before\n');
  await eventually(async () => (await stored(run.id)) === 1);
  await world.nats.wipe();
  await eventually(
    async () => {
      const chunk = { runId: run.id, attempt: 1, seq: 2, stream: 'stdout', at: instantOf(Date.now()), text: 'after\n' };
      await agent.publish(`tele.output.${agent.workerId}.${run.id}`, { orgId: world.org, chunks: [chunk] }, 'again');
      return true;
    },
    { within: 20_000, every: 200 },
  );
  await eventually(async () => (await stored(run.id)) === 2, { within: 20_000 });
  await agent.finish(held, { lastSeq: 2 });
  const reader = await Reader.open(world, { runId: run.id });
  await eventually(() => reader.isDone);
  expect(reader.text).toBe('before\nafter\n');
});
