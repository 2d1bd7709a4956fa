import { eventually } from '@orrery/testing';
import { small, World } from './world/world.ts';

jest.setTimeout(90_000);

let world: World;
beforeAll(async () => {
  world = await World.start({ ORRERY_WAITING_SECONDS: '1' });
  await world.neighbours.offer('gpu.a100', { ...small, gpus: 1, gpuModel: 'a100' });
}, 60_000);
afterEach(() => world.tidy(), 40_000);
afterAll(() => world.close(), 30_000);

describe('a run that has waited for too long', () => {
  it('fails where no machine could ever take it, and waits on where its turn will come', async () => {
    const agent = await world.machine({ cpuMilli: 1_500 });
    await agent.begin(await agent.holds((await world.submit()).id));
    const next = await world.submit();
    const vain = await eventually(() => world.submit({ machineType: 'gpu.a100' }), { within: 20_000 });
    await eventually(
      async () => expect(await world.run(vain.id)).toMatchObject({ status: 'system_failure', reason: 'no-fitting-worker' }),
      {
        within: 60_000,
      },
    );
    expect(await world.run(next.id)).toMatchObject({ status: 'pending', waiting: { reason: 'all-busy' } });
  });
});
