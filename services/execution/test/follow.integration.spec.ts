import { execution, instantOf, type RequestOf } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import pg from 'pg';
import { workerId } from './facts.ts';
import { World } from './world/world.ts';

jest.setTimeout(30_000);

let world: World;
let telemetry: pg.Pool;
beforeAll(async () => {
  world = await World.start();
  telemetry = new pg.Pool({ connectionString: world.env['ORRERY_TELEMETRY_DATABASE_URL'], max: 2 });
  telemetry.on('error', () => undefined);
}, 60_000);
afterEach(() => world.tidy(), 40_000);
afterAll(async () => {
  await telemetry.end();
  await world.close();
}, 30_000);

/** A reader that notes what it sees. */
class Reader {
  readonly items: execution.RunOutputItem[] = [];
  isDone = false;
  error: unknown;
  readonly #leaving = new AbortController();

  static async open(input: RequestOf<typeof execution.FollowRun>): Promise<Reader> {
    const reader = new Reader();
    const stream = world.bus.askStream(execution.FollowRun, input, world.context(), { signal: reader.#leaving.signal });
    const opened = await stream.open();
    if (!opened.accepted) throw new Error(opened.rejection.code);
    void reader.#read(stream);
    return reader;
  }

  get text(): string {
    return this.items.map((item) => (item.kind === 'output' ? item.text : '')).join('');
  }

  get statuses(): readonly string[] {
    return this.items.flatMap((item) => (item.kind === 'output' ? [] : [item.status]));
  }

  leave(): void {
    this.#leaving.abort();
  }

  async #read(stream: AsyncIterable<execution.RunOutputItem>): Promise<void> {
    try {
      for await (const item of stream) this.items.push(item);
      this.isDone = true;
    } catch (error) {
      this.error = error;
    }
  }
}

const stored = async (runId: string): Promise<number> => {
  const { rows } = await telemetry.query<{ count: string }>(
    'SELECT count(*) FROM log_entries WHERE stream = (SELECT id FROM log_streams WHERE name = $1)',
    [`run-${runId}`],
  );
  return Number(rows[0]?.count ?? 0);
};

describe('following a run', () => {
  it('shows its life and its output as they come, and ends with it', async () => {
    const agent = await world.machine();
    const run = await world.submit();
    const reader = await Reader.open({ runId: run.id });
    const held = await agent.holds(run.id);
    await agent.begin(held);
    await agent.print(held, 'one\n');
    await eventually(() => reader.text === 'one\n');
    await agent.print(held, 'two\n', 'three\n');
    await eventually(() => reader.text === 'one\ntwo\nthree\n');
    await agent.finish(held, { exitCode: 3 });
    await eventually(() => reader.isDone);
    expect(reader.statuses.at(-1)).toBe('failed');
    expect(reader.statuses).toContain('running');
    expect(reader.items.at(-1)).toMatchObject({ kind: 'ended', status: 'failed', exitCode: 3, reason: 'exited' });
  });

  it('is quick: a chunk is shown before it could have been polled', async () => {
    const agent = await world.machine();
    const run = await world.submit();
    const held = await agent.holds(run.id);
    await agent.begin(held);
    const reader = await Reader.open({ runId: run.id });
    await agent.print(held, 'first\n');
    await eventually(() => reader.text !== '');
    const times: number[] = [];
    for (let n = 0; n < 11; n += 1) {
      const before = reader.items.length;
      const began = performance.now();
      await agent.print(held, `${n}\n`);
      await eventually(() => reader.items.length > before, { every: 1 });
      times.push(performance.now() - began);
    }
    expect(times.toSorted((a, b) => a - b)[5]).toBeLessThan(100);
    await agent.finish(held);
    await eventually(() => reader.isDone);
  });

  it('after its end replays all of it', async () => {
    const agent = await world.machine();
    const run = await world.submit();
    const held = await agent.holds(run.id);
    await agent.begin(held);
    const lines = Array.from({ length: 1_200 }, (_, n) => `line ${n}\n`);
    for (let from = 0; from < lines.length; from += 300) await agent.print(held, ...lines.slice(from, from + 300));
    await agent.finish(held);
    const reader = await Reader.open({ runId: run.id });
    await eventually(() => reader.isDone);
    expect(reader.text).toBe(lines.join(''));
    expect(reader.statuses).toEqual(['completed']);
  });

  it('goes on after the chunk that was seen last', async () => {
    const agent = await world.machine();
    const run = await world.submit();
    const held = await agent.holds(run.id);
    await agent.begin(held);
    await agent.print(held, 'a', 'b', 'c');
    const first = await Reader.open({ runId: run.id });
    await eventually(() => first.text === 'abc');
    first.leave();
    await eventually(() => first.isDone);
    await agent.print(held, 'd');
    const second = await Reader.open({ runId: run.id, after: '1.2' });
    await agent.print(held, 'e');
    await agent.finish(held);
    await eventually(() => second.isDone);
    expect(second.text).toBe('cde');
  });

  it('shows the output of a run that ends in order, although it is heard twice and out of order', async () => {
    const agent = await world.machine();
    const run = await world.submit();
    const reader = await Reader.open({ runId: run.id });
    const held = await agent.holds(run.id);
    await agent.begin(held);
    const subject = `tele.output.${agent.workerId}.${run.id}`;
    const chunk = (seq: number) => ({ runId: run.id, attempt: 1, seq, stream: 'stdout', at: instantOf(Date.now()), text: `${seq}` });
    for (const seqs of [[1], [3, 4], [1, 2], [6], [5]]) {
      await agent.publish(subject, { orgId: world.org, chunks: seqs.map(chunk) });
    }
    await agent.finish(held, { lastSeq: 6 });
    await eventually(() => reader.isDone);
    expect(reader.text).toBe('123456');
  });

  it('waits a little for output that was announced and is late, and not for ever', async () => {
    const agent = await world.machine();
    const run = await world.submit();
    const held = await agent.holds(run.id);
    await agent.begin(held);
    await agent.print(held, 'here\n');
    await agent.finish(held, { lastSeq: 5 });
    const reader = await Reader.open({ runId: run.id });
    await eventually(() => reader.isDone, { within: 15_000 });
    expect(reader.text).toBe('here\n');
    expect(reader.items.at(-1)).toMatchObject({ kind: 'ended' });
  });

  it('shows every attempt after the other', async () => {
    const agent = await world.machine();
    const run = await world.submit();
    const reader = await Reader.open({ runId: run.id });
    const first = await agent.holds(run.id);
    await agent.begin(first);
    await agent.print(first, 'lost ');
    await agent.report(first, { kind: 'ended', reason: 'worker-lost' });
    agent.held.delete(run.id);
    const second = await agent.holds(run.id, 2);
    await agent.begin(second);
    await agent.print(second, 'and ', 'found');
    await agent.finish(second);
    await eventually(() => reader.isDone);
    expect(reader.text).toBe('lost and found');
  });

  it('is refused for a run of somebody else', async () => {
    const run = await world.submit();
    const stream = world.bus.askStream(execution.FollowRun, { runId: run.id }, world.context({ orgId: workerId() }));
    expect(await stream.open()).toMatchObject({ accepted: false, rejection: { code: 'RunNotFound' } });
  });
});

describe('output', () => {
  it('is kept once, under the organization of the run, whatever the machine says', async () => {
    const agent = await world.machine();
    const run = await world.submit();
    const held = await agent.holds(run.id);
    const chunks = [{ runId: run.id, attempt: 1, seq: 1, stream: 'stderr', at: instantOf(Date.now()), text: 'mine \0' }];
    const subject = `tele.output.${agent.workerId}.${run.id}`;
    for (let n = 0; n < 3; n += 1) await agent.publish(subject, { orgId: workerId(9), chunks });
    await eventually(async () => (await stored(run.id)) === 1);
    const { rows } = await telemetry.query('SELECT owner, labels FROM log_streams WHERE name = $1', [`run-${run.id}`]);
    expect(rows).toEqual([{ owner: world.org, labels: { hostname: 'machine' } }]);
    await agent.begin(held);
    await agent.finish(held, { lastSeq: 1 });
  });

  it('of a machine that does not have the run is nobody’s', async () => {
    const agent = await world.machine();
    const run = await world.submit();
    const held = await agent.holds(run.id);
    const chunk = { runId: run.id, attempt: 1, seq: 1, stream: 'stdout', at: instantOf(Date.now()), text: 'forged' } as const;
    const reader = await Reader.open({ runId: run.id });
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
      const { rows } = await telemetry.query<{ labels: Record<string, string> }>('SELECT labels FROM metric_series ORDER BY id');
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
