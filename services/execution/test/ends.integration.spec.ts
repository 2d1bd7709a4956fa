import { randomUUID } from 'node:crypto';
import { execution } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import type { FakeAgent } from './world/fake-agent.ts';
import { small, World } from './world/world.ts';

jest.setTimeout(30_000);

let world: World;
let agent: FakeAgent;
beforeAll(async () => {
  world = await World.start();
}, 60_000);
beforeEach(async () => {
  agent = await world.machine();
});
afterEach(() => world.tidy(), 40_000);
afterAll(() => world.close(), 30_000);

/** A machine type that no machine of these tests has. */
const offerGpu = async (): Promise<void> => {
  await world.neighbours.offer('gpu.a100', { ...small, gpus: 1 });
  await eventually(async () => (await world.pool.query("SELECT FROM offered_machine_types WHERE name = 'gpu.a100'")).rowCount === 1);
};
const end = (runId: execution.RunId, mode: execution.EndMode): Promise<execution.RunView> => world.get(execution.EndRun, { runId, mode });

describe('ending a run', () => {
  it('that waits ends it at once', async () => {
    // No machine has what it needs: a machine that was here a moment ago is not known to be gone to whoever places.
    await offerGpu();
    const run = await world.submit({ machineType: 'gpu.a100' });
    expect(await end(run.id, 'abort')).toMatchObject({ status: 'aborted', reason: 'aborted', startedAt: null, ranMs: 0 });
  });

  it('that was placed on a machine that is gone, and never heard of it, ends it at once', async () => {
    await agent.vanish();
    const run = await world.submit();
    await world.status(run.id, 'starting');
    await end(run.id, 'abort');
    expect(await world.status(run.id, 'aborted')).toMatchObject({ startedAt: null, ranMs: 0, reason: 'aborted' });
  });

  it('ends one run for one key: under the same key another is refused, and goes on', async () => {
    const [run, other] = [await world.submit(), await world.submit()];
    const context = { commandId: `key-${randomUUID()}`, idempotent: true };
    await world.get(execution.EndRun, { runId: run.id, mode: 'abort' }, context);
    const again = await world.ask(execution.EndRun, { runId: other.id, mode: 'abort' }, context);
    expect(again).toMatchObject({ accepted: false, rejection: { code: 'IdempotencyKeyReused' } });
  });

  it.each([
    ['stop', 'completed', 'stopped'],
    ['cancel', 'cancelled', 'stopped'],
    ['abort', 'aborted', 'aborted'],
  ] as const)('that runs by %s makes it %s, billed until its machine says that it is over', async (mode, status, reason) => {
    agent.onEnd = (held) => void agent.finish(held, { reason: held.wish?.reason ?? 'exited', exitCode: 143, ranMs: 7 });
    const run = await world.submit();
    await agent.begin(await agent.holds(run.id));
    await end(run.id, mode);
    expect(await world.status(run.id, status)).toMatchObject({ reason, ranMs: 7, exitCode: 143 });
  });

  it('whose machine has not answered yet ends it when the machine says that it does not hold it', async () => {
    agent.answer = 'silence';
    const run = await world.submit();
    await eventually(() => agent.startsAsked > 0);
    await world.status(run.id, 'starting');
    await end(run.id, 'abort');
    expect(await world.status(run.id, 'aborted')).toMatchObject({ startedAt: null, ranMs: 0 });
    expect(await world.types(run.id)).toEqual(['RunSubmitted', 'RunPlaced', 'RunEndRequested', 'RunAttemptLost', 'RunAborted']);
  });

  it('that was accepted and has not begun is left to its machine', async () => {
    agent.onEnd = (held) => void agent.finish(held, { reason: held.wish?.reason ?? 'exited', exitCode: null, ranMs: 0, lastSeq: 0 });
    const run = await world.submit();
    await agent.holds(run.id);
    await end(run.id, 'cancel');
    expect(await world.status(run.id, 'cancelled')).toMatchObject({ startedAt: null, ranMs: 0 });
  });

  it('again and harsher is told to the machine, again and softer is not', async () => {
    const told: (string | undefined)[] = [];
    agent.onEnd = (held) => told.push(held.wish?.mode);
    const run = await world.submit();
    const held = await agent.holds(run.id);
    await agent.begin(held);
    for (const mode of ['stop', 'stop', 'abort', 'cancel'] as const) await end(run.id, mode);
    await eventually(() => told.includes('abort'));
    await agent.finish(held, { reason: 'aborted', exitCode: 137 });
    expect(await world.run(run.id)).toMatchObject({ status: 'aborted' });
    expect((await world.types(run.id)).filter((type) => type === 'RunEndRequested')).toHaveLength(2);
  });

  it('twice, or after its end, changes nothing', async () => {
    const run = await world.submit();
    const held = await agent.holds(run.id);
    await agent.begin(held);
    await agent.finish(held);
    expect(await end(run.id, 'abort')).toMatchObject({ status: 'completed' });
    expect(await world.types(run.id)).toHaveLength(4);
  });

  it('for another reason than that somebody asked is the platform’s alone', async () => {
    agent.onEnd = (held) => void agent.finish(held, { reason: held.wish?.reason ?? 'exited', exitCode: 143 });
    const exhausted = await world.submit();
    await agent.begin(await agent.holds(exhausted.id));
    const billing = { principal: { kind: 'service', name: 'billing' } } as const;
    const revocation = { runId: exhausted.id, reason: 'credit-exhausted' } as const;
    expect(await world.ask(execution.RevokeRun, revocation)).toMatchObject({ accepted: false, rejection: { code: 'Forbidden' } });
    expect(await world.run(exhausted.id)).toMatchObject({ status: 'running' });
    await world.get(execution.RevokeRun, revocation, billing);
    expect(await world.status(exhausted.id, 'cancelled')).toMatchObject({ reason: 'credit-exhausted' });
  });

  it('happens to all of an organization that has no credit left', async () => {
    const orgId = randomUUID();
    agent.onEnd = (held) => void agent.finish(held, { reason: held.wish?.reason ?? 'exited', exitCode: 143 });
    const running = await world.submit({}, { orgId });
    await agent.begin(await agent.holds(running.id));
    await world.neighbours.exhaust(orgId);
    await eventually(async () => {
      expect(await world.get(execution.GetRun, { runId: running.id }, { orgId })).toMatchObject({
        status: 'cancelled',
        reason: 'credit-exhausted',
      });
    });
  });
});

describe('an organization without credit', () => {
  const within = { within: 30_000 };
  const open = async (orgId: string): Promise<number> => {
    const text = "SELECT count(*)::int AS runs FROM run_list WHERE org_id = $1 AND status IN ('pending', 'starting', 'running')";
    return (await world.pool.query<{ runs: number }>(text, [orgId])).rows[0]?.runs ?? 0;
  };
  const lastSettled = async (orgId: string): Promise<number> => {
    const text = 'SELECT extract(epoch FROM max(settled_at))::float8 AS at FROM run_list WHERE org_id = $1';
    return (await world.pool.query<{ at: number }>(text, [orgId])).rows[0]?.at ?? 0;
  };
  const submitMany = async (count: number, orgId: string): Promise<void> => {
    for (let left = count; left > 0; left -= 100) {
      await Promise.all(Array.from({ length: Math.min(left, 100) }, () => world.submit({ machineType: 'gpu.a100' }, { orgId })));
    }
  };

  beforeAll(() => offerGpu());

  it('has all of its work ended, however much waits, and another does not wait for that', async () => {
    const [large, small] = [randomUUID(), randomUUID()];
    await submitMany(1_250, large);
    await submitMany(3, small);
    await world.neighbours.exhaust(large);
    await world.neighbours.exhaust(small);
    for (const orgId of [small, large]) await eventually(async () => (await open(orgId)) === 0, within);
    expect(await lastSettled(small)).toBeLessThan(await lastSettled(large));
  }, 120_000);

  it('keeps what it submits once it has credit again', async () => {
    const orgId = randomUUID();
    await submitMany(2, orgId);
    await world.neighbours.restore(orgId);
    await world.neighbours.exhaust(orgId);
    await eventually(async () => (await open(orgId)) === 0, within);
    await world.neighbours.restore(orgId);
    const submits = () => world.ask(execution.SubmitRun, { code: '1', machineType: 'gpu.a100' }, { orgId });
    await eventually(async () => (await submits()).accepted);
    expect(await open(orgId)).toBe(1);
  });
});

describe('reports', () => {
  it('that come twice or in another order end a run once', async () => {
    const run = await world.submit();
    const held = await agent.holds(run.id);
    const end = { kind: 'ended', ranMs: 9, lastSeq: 0 } as const;
    const outcomes = await Promise.all([
      agent.report(held, end),
      agent.report(held, { kind: 'started' }),
      agent.report(held, end),
      agent.report(held, { kind: 'started' }),
    ]);
    expect(outcomes.every(({ accepted }) => accepted)).toBe(true);
    expect(await world.types(run.id)).toEqual(['RunSubmitted', 'RunPlaced', 'RunStarted', 'RunCompleted']);
  });

  it('of a run that never was, or of the attempt of another machine, are refused', async () => {
    const other = await world.machine();
    const run = await world.submit();
    const holder = await eventually(() => [agent, other].find(({ held }) => held.has(run.id)));
    const thief = holder === agent ? other : agent;
    const held = await holder.holds(run.id);
    expect(await thief.report(held, { kind: 'ended' })).toMatchObject({ accepted: false, rejection: { code: 'StaleEpoch' } });
    const nowhere = { ...held, spec: { ...held.spec, runId: execution.RunId.parse(randomUUID()) } };
    expect(await holder.report(nowhere, { kind: 'started' })).toMatchObject({ accepted: false, rejection: { code: 'RunNotFound' } });
    expect(await world.run(run.id)).toMatchObject({ status: 'starting' });
  });

  it('may say anything in their message', async () => {
    const run = await world.submit();
    const held = await agent.holds(run.id);
    await agent.begin(held);
    await agent.finish(held, { exitCode: 1, message: 'NUL \0 and half a pair' });
    expect(await world.run(run.id)).toMatchObject({ status: 'failed', message: 'NUL  and half a pair' });
  });
});
