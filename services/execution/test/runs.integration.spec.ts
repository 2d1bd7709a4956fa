import { execution } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import type { FakeAgent, Held } from './world/fake-agent.ts';
import { World } from './world/world.ts';

jest.setTimeout(30_000);

let world: World;
beforeAll(async () => {
  world = await World.start();
}, 60_000);
afterAll(() => world.close(), 30_000);

const heldBy = (agent: FakeAgent, runId: execution.RunId): Promise<Held> => eventually(() => agent.held.get(runId));

describe('a run', () => {
  it('is submitted, placed, started and completed, and every step is a fact in one trace', async () => {
    const agent = await world.machine();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const run = await world.submit({ fileName: 'main.py', timeoutSeconds: 90 }, { traceparent });
    expect(run).toMatchObject({ status: 'pending', attempt: 0, timeoutSeconds: 90, price: { version: 1, nanosPerSecond: '1000' } });
    const held = await heldBy(agent, run.id);
    expect(held.spec).toMatchObject({ runId: run.id, attempt: 1, epoch: 1, program: { code: 'print("hello")', fileName: 'main.py' } });
    await agent.begin(held);
    await world.status(run.id, 'running');
    await agent.finish(held, { ranMs: 20 });
    expect(await world.run(run.id)).toMatchObject({
      status: 'completed',
      exitCode: 0,
      ranMs: 20,
      reason: 'exited',
      workerId: agent.workerId,
      workerName: 'machine',
    });
    const { items } = await world.get(execution.GetRunHistory, { runId: run.id });
    expect(items.map(({ type }) => type)).toEqual(['RunSubmitted', 'RunPlaced', 'RunStarted', 'RunCompleted']);
    expect(new Set(items.map(({ traceId }) => traceId))).toEqual(new Set(['0af7651916cd43dd8448eb211c80319c']));
    await agent.vanish();
  });
});
