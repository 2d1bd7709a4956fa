import { randomUUID } from 'node:crypto';
import { execution } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import { World } from './world/world.ts';

jest.setTimeout(30_000);

let world: World;
beforeAll(async () => {
  world = await World.start();
}, 60_000);
afterEach(() => world.tidy(), 40_000);
afterAll(() => world.close(), 30_000);

const answerTo = async (orgId: string): Promise<string> => {
  const outcome = await world.ask(execution.SubmitRun, { code: 'print(1)' }, { orgId });
  return outcome.accepted ? 'accepted' : outcome.rejection.code;
};

const ended = (runId: execution.RunId, orgId: string): Promise<void> =>
  eventually(
    async () => {
      const run = await world.get(execution.GetRun, { runId }, { orgId });
      expect(run).toMatchObject({ status: 'cancelled', reason: 'org-closed' });
    },
    { within: 20_000 },
  );

describe('an organization that is suspended', () => {
  it('begins nothing, until it is reinstated', async () => {
    const orgId = randomUUID();
    await world.neighbours.suspend(orgId);
    await eventually(async () => expect(await answerTo(orgId)).toBe('OrgSuspended'));
    expect(await answerTo(randomUUID())).toBe('accepted');
    await world.neighbours.reinstate(orgId);
    await eventually(async () => expect(await answerTo(orgId)).toBe('accepted'));
  });

  it('has its work ended, what runs and what waits', async () => {
    const agent = await world.machine();
    agent.onEnd = (held) => void agent.finish(held, { reason: held.wish?.reason ?? 'exited', exitCode: 143, ranMs: 7 });
    const orgId = randomUUID();
    const running = await world.submit({}, { orgId });
    await agent.begin(await agent.holds(running.id));
    await world.neighbours.suspend(orgId);
    await ended(running.id, orgId);
    const { openRuns } = await world.get(execution.CountOpenRuns, {}, { orgId, principal: { kind: 'service', name: 'identity' } });
    expect(openRuns).toBe(0);
  });
});

describe('an organization that is deleted', () => {
  it('has ended what began in the moment before we heard, and begins nothing any more', async () => {
    const orgId = randomUUID();
    const run = await world.submit({}, { orgId });
    await world.neighbours.delete(orgId);
    await ended(run.id, orgId);
    expect(await answerTo(orgId)).toBe('OrgSuspended');
  });

  it('stays so, however late the news come of what was before', async () => {
    const orgId = randomUUID();
    await world.neighbours.suspend(orgId);
    const reinstate = world.neighbours.reinstateLate(orgId);
    await world.neighbours.delete(orgId);
    await eventually(async () => expect(await answerTo(orgId)).toBe('OrgSuspended'));
    const id = await reinstate();
    await eventually(async () => expect((await world.pool.query('SELECT FROM once WHERE key = $1', [id])).rowCount).toBeGreaterThan(0));
    expect(await answerTo(orgId)).toBe('OrgSuspended');
  });
});
