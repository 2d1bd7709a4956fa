import { execution } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import { gpus } from './facts.ts';
import { World } from './world/world.ts';

jest.setTimeout(40_000);

const h100 = { cpuMilli: 1_000, memoryMib: 512, gpus: 1, gpuModel: 'h100' };
const within = { within: 20_000 };

let world: World;
beforeAll(async () => {
  world = await World.start();
  await world.neighbours.offer('gpu.h100', h100);
  await world.neighbours.offer('gpu.unpriced', h100);
  await world.neighbours.price(2, { names: ['cpu', 'gpu.h100'] });
  await eventually(async () => (await world.pool.query("SELECT FROM run_prices WHERE machine_type = 'gpu.h100'")).rowCount === 1, within);
}, 60_000);
afterEach(() => world.tidy(), 40_000);
afterAll(() => world.close(), 30_000);

const operator = { principal: { kind: 'operator', id: 'op' } } as const;
const available = async () => (await world.get(execution.ListAvailableMachineTypes, {})).items;
const waiting = (runId: execution.RunId, reason: execution.WaitingReason) =>
  eventually(async () => expect(await world.run(runId)).toMatchObject({ status: 'pending', waiting: { reason } }), within);

describe('a run that waits', () => {
  it('for a machine of a type that nobody has says so, in its view, its stream and its history, until one comes', async () => {
    await world.machine();
    const { id } = await world.submit({ machineType: 'gpu.h100' });
    expect((await world.run(id)).waiting).toBeNull();
    await waiting(id, 'no-machine');
    expect((await world.run(id)).waiting?.message).toContain('gpu.h100');
    const items = await world.bus.askStream(execution.FollowRun, { runId: id }, world.context());
    for await (const item of items) {
      expect(item).toMatchObject({ kind: 'status', status: 'pending', waiting: { reason: 'no-machine' } });
      break;
    }
    const agent = await world.machine({ gpus: gpus(1, 'H100') });
    await agent.holds(id);
    expect(await world.status(id, 'starting')).toMatchObject({ waiting: null });
    const { items: history } = await world.get(execution.GetRunHistory, { runId: id });
    expect(history.map(({ type }) => type)).toEqual(['RunSubmitted', 'RunKeptWaiting', 'RunPlaced']);
    const before = history.find(({ type }) => type === 'RunKeptWaiting')?.at;
    expect(await world.get(execution.GetRun, { runId: id, at: before })).toMatchObject({ waiting: { reason: 'no-machine' } });
  });

  it('for room says so, and for room that is kept for another', async () => {
    const agent = await world.machine({ cpuMilli: 1_500 });
    const running = await world.submit();
    await agent.begin(await agent.holds(running.id));
    const next = await world.submit();
    await waiting(next.id, 'all-busy');
    await world.get(execution.EndRun, { runId: next.id, mode: 'abort' });
    expect(await world.run(next.id)).toMatchObject({ status: 'aborted', waiting: null });
  });
});

describe('what is available', () => {
  it('is what a connected machine could take, at a price', async () => {
    expect(await available()).toEqual([]);
    const plain = await world.machine();
    await world.machine();
    expect(await available()).toEqual([{ name: 'cpu', machines: 2 }]);
    await world.machine({ gpus: gpus(2, 'h100') });
    expect(await available()).toEqual([
      { name: 'cpu', machines: 3 },
      { name: 'gpu.h100', machines: 1 },
    ]);
    await world.get(execution.CordonWorker, { workerId: plain.workerId }, operator);
    expect(await available()).toMatchObject([{ name: 'cpu', machines: 2 }, { machines: 1 }]);
  });
});
