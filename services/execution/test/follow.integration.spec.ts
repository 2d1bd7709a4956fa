import { execution, instantOf } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import { workerId } from './facts.ts';
import { Reader } from './world/reader.ts';
import { World } from './world/world.ts';

jest.setTimeout(30_000);

let world: World;
beforeAll(async () => {
  world = await World.start();
}, 60_000);
afterEach(() => world.tidy(), 40_000);
afterAll(() => world.close(), 30_000);

describe('following a run', () => {
  it('shows its life and its output as they come, and ends with it', async () => {
    const agent = await world.machine();
    const run = await world.submit();
    const reader = await Reader.open(world, { runId: run.id });
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
    const reader = await Reader.open(world, { runId: run.id });
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
    const reader = await Reader.open(world, { runId: run.id });
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
    const first = await Reader.open(world, { runId: run.id });
    await eventually(() => first.text === 'abc');
    first.leave();
    await eventually(() => first.isDone);
    await agent.print(held, 'd');
    const second = await Reader.open(world, { runId: run.id, after: '1.2' });
    await agent.print(held, 'e');
    await agent.finish(held);
    await eventually(() => second.isDone);
    expect(second.text).toBe('cde');
  });

  it('shows the output of a run that ends in order, although it is heard twice and out of order', async () => {
    const agent = await world.machine();
    const run = await world.submit();
    const reader = await Reader.open(world, { runId: run.id });
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
    const reader = await Reader.open(world, { runId: run.id });
    await eventually(() => reader.isDone, { within: 15_000 });
    expect(reader.text).toBe('here\n');
    expect(reader.items.at(-1)).toMatchObject({ kind: 'ended' });
  });

  it('shows every attempt after the other', async () => {
    const agent = await world.machine();
    const run = await world.submit();
    const reader = await Reader.open(world, { runId: run.id });
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
