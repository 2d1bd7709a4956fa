import { execution } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import { World } from './world/world.ts';

jest.setTimeout(60_000);

let world: World;
beforeEach(async () => {
  world = await World.build({ ORRERY_LEASE_SECONDS: '20', ORRERY_SILENCE_SECONDS: '10' });
}, 60_000);
afterEach(() => world.close(), 30_000);

const fence = async (): Promise<number> => {
  const { rows } = await world.pool.query<{ fence: string }>("SELECT fence FROM leadership WHERE name = 'scheduler'");
  return Number(rows[0]?.fence ?? 0);
};

describe('two processes', () => {
  it('have one active scheduler, and the other takes over when it goes', async () => {
    const first = await world.serve();
    await world.offer();
    const second = await world.serve();
    const agent = await world.machine();
    const before = await world.submit();
    await agent.begin(await agent.holds(before.id));
    expect(await fence()).toBe(1);
    await first.stop();
    const after = await world.submit();
    const held = await agent.holds(after.id);
    expect(held.spec).toMatchObject({ attempt: 1, epoch: 1 });
    expect(await fence()).toBe(2);
    for (const one of [await agent.holds(before.id), held]) {
      await agent.begin(one);
      await agent.finish(one);
    }
    expect(await world.run(before.id)).toMatchObject({ status: 'completed', attempt: 1 });
    await second.stop();
  });
});

describe('a restart', () => {
  it('goes on with whatever was under way', async () => {
    const first = await world.serve();
    await world.offer();
    const agent = await world.machine({ cpuMilli: 3_000 });
    const running = await world.submit();
    await agent.begin(await agent.holds(running.id));
    const ending = await world.submit();
    agent.onEnd = () => undefined;
    const endingHeld = await agent.holds(ending.id);
    await agent.begin(endingHeld);
    await world.get(execution.EndRun, { runId: ending.id, mode: 'stop' });
    agent.answer = 'silence';
    const offered = await world.submit();
    await world.status(offered.id, 'starting');
    const waiting = await world.submit();
    await first.stop();

    agent.answer = 'accept';
    endingHeld.wish = undefined;
    let told = 0;
    agent.onEnd = () => {
      told += 1;
    };
    await world.serve();
    const offeredHeld = await agent.holds(offered.id);
    expect(offeredHeld.spec).toMatchObject({ attempt: 1, epoch: 1 });
    await eventually(() => told > 0);
    await agent.finish(endingHeld, { reason: 'stopped' });
    const waitingHeld = await agent.holds(waiting.id);
    for (const held of [await agent.holds(running.id), offeredHeld, waitingHeld]) {
      await agent.begin(held);
      await agent.finish(held);
    }
    for (const { id } of [running, ending, offered, waiting]) {
      expect(await world.run(id)).toMatchObject({ status: 'completed', attempt: 1 });
    }
  });
});
