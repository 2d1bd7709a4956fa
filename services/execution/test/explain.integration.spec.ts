import { randomUUID } from 'node:crypto';
import { execution, OrgId } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import { gpus } from './facts.ts';
import { small, World } from './world/world.ts';

jest.setTimeout(60_000);

const operator = { principal: { kind: 'operator', id: 'op' } } as const;

let world: World;
beforeEach(async () => {
  world = await World.build({ ORRERY_LEASE_SECONDS: '20', ORRERY_SILENCE_SECONDS: '10' });
}, 60_000);
afterEach(() => world.close(), 30_000);

const offerGpus = async (): Promise<void> => {
  await world.neighbours.offer('gpu.a100', { ...small, gpus: 2, gpuModel: 'a100' });
  await eventually(async () => ((await world.pool.query(`SELECT FROM offered_machine_types WHERE name = 'gpu.a100'`)).rowCount ?? 0) > 0, {
    within: 20_000,
  });
};

/** The scheduler hears of what was submitted a moment after; and right after its process came up it may not have begun. */
const explained = (runId: execution.RunId) =>
  eventually(
    async () => {
      const explanation = await world.get(execution.ExplainRun, { runId });
      expect(explanation.waiting).not.toBeNull();
      return { ...explanation, waiting: explanation.waiting };
    },
    { within: 20_000 },
  );

describe('a run', () => {
  it('is explained while it waits, while it has a machine and after its end', async () => {
    await world.serve();
    await world.offer();
    await offerGpus();
    const agent = await world.machine({ gpus: gpus(2) });
    const first = await world.submit({ machineType: 'gpu.a100', timeoutSeconds: 600 });
    const held = await agent.holds(first.id);
    await agent.begin(held);
    await world.status(first.id, 'running');
    const second = await world.submit({ machineType: 'gpu.a100' });
    const third = await world.submit({ machineType: 'gpu.a100' });

    const { waiting, status } = await explained(third.id);
    expect(status).toBe('pending');
    expect(waiting).toMatchObject({
      queues: [
        { scope: 'organization', position: 2, waiting: 2 },
        { scope: 'cluster', position: 2, waiting: 2 },
      ],
      missing: [{ neededGpus: 2, freeGpus: 0, causes: [{ cause: 'gpus-taken', machines: 1 }] }],
      start: { method: 'played-forward', message: expect.stringContaining('which is a guess, for none has ended yet') },
    });
    expect(Date.parse(waiting?.start?.latest ?? '') - Date.now()).toBeGreaterThan(500_000);

    const running = await world.get(execution.ExplainRun, { runId: first.id });
    expect(running).toMatchObject({ status: 'running', waiting: null, placement: { workerName: 'machine', candidates: 1 } });
    // Nothing is guaranteed to anybody, so nothing is on loan.
    expect(running.summary).not.toContain('reclaim');
    const other = { node: randomUUID(), guaranteedMilli: { a100: 1_000 } };
    expect(await world.ask(execution.SetQuota, other, operator)).toMatchObject({ accepted: true });
    expect((await world.get(execution.ExplainRun, { runId: first.id })).summary).toContain('whoever it belongs to may reclaim it');
    await agent.finish(held);
    await world.status(first.id, 'completed');
    expect(await world.get(execution.ExplainRun, { runId: first.id })).toMatchObject({
      waiting: null,
      placement: null,
      summary: expect.stringContaining('It has ended (completed)'),
    });
    await agent.begin(await agent.holds(second.id));
  });

  it('is nobody else’s business', async () => {
    await world.serve();
    await world.offer();
    const run = await world.submit();
    await explained(run.id);
    const elsewhere = { orgId: OrgId.parse(randomUUID()) };
    expect(await world.ask(execution.ExplainRun, { runId: run.id }, elsewhere)).toMatchObject({ rejection: { code: 'RunNotFound' } });
  });
});

describe('what nobody has submitted', () => {
  it('is judged like a submission, and leaves nothing behind', async () => {
    await world.serve();
    await world.offer();
    await world.machine();
    expect(await world.ask(execution.WhatIf, { machineType: 'none' })).toMatchObject({ rejection: { code: 'MachineTypeNotOffered' } });
    expect(await world.ask(execution.WhatIf, { priorityClass: 'none' })).toMatchObject({ rejection: { code: 'PriorityClassNotFound' } });
    const answer = await eventually(async () => {
      const now = await world.get(execution.WhatIf, {});
      expect(now.startsNow).toBe(true);
      return now;
    });
    expect(answer).toMatchObject({ machineType: 'cpu', waiting: null, summary: 'It would start now, as cpu.' });
    expect((await world.get(execution.ListRuns, {})).items).toEqual([]);
  });
});

describe('the queue', () => {
  it('is the operator’s to look at, page by page', async () => {
    await world.serve();
    await world.offer();
    const runs = [await world.submit(), await world.submit(), await world.submit()];
    expect(await world.ask(execution.GetQueue, {})).toMatchObject({ rejection: { code: 'Forbidden' } });
    const page = await eventually(async () => {
      const first = await world.get(execution.GetQueue, { limit: 2 }, operator);
      expect(first.summary.waiting).toBe(3);
      return first;
    });
    expect(page.items.map(({ id, position, reason }) => [id, position, reason])).toEqual([
      [runs[0]?.id, 1, 'no-machine'],
      [runs[1]?.id, 2, 'no-machine'],
    ]);
    const rest = await world.get(execution.GetQueue, { limit: 2, cursor: page.nextCursor }, operator);
    expect(rest).toMatchObject({ items: [{ id: runs[2]?.id, position: 3 }] });
    expect(rest.nextCursor).toBeUndefined();
    expect(await world.ask(execution.GetQueue, { cursor: 'x' }, operator)).toMatchObject({ rejection: { code: 'InvalidInput' } });
    expect(await world.get(execution.GetQueueRunning, {}, operator)).toEqual({ items: [] });
    expect(await world.get(execution.GetProposedMoves, {}, operator)).toMatchObject({ items: [] });
    const { items } = await world.get(execution.GetQuotaUse, {}, operator);
    expect(items).toMatchObject([{ node: world.org, waiting: 3 }]);
  });
});

describe('two processes', () => {
  it('both answer for the scheduler, whichever holds it, and one goes on when the other is gone', async () => {
    const first = await world.serve();
    await world.offer();
    const run = await world.submit();
    await explained(run.id);
    await world.serve();
    // Of several that serve, either is asked: the answer is the same.
    for (let asked = 0; asked < 8; asked += 1) await explained(run.id);
    await first.stop();
    const between = await world.ask(execution.ExplainRun, { runId: run.id });
    if (!between.accepted) {
      expect(between.rejection).toMatchObject({ code: 'SchedulerChangingHands', details: { retryAfterMs: expect.any(Number) } });
    }
    const { waiting } = await eventually(
      async () => {
        const outcome = await world.ask(execution.ExplainRun, { runId: run.id });
        if (!outcome.accepted) throw new Error(outcome.rejection.code);
        return outcome.value;
      },
      { within: 20_000 },
    );
    expect(waiting).toMatchObject({ reason: 'no-machine' });
  });
});

describe('while nobody holds the scheduler', () => {
  it('it is said so, with when to ask again', async () => {
    const started = await world.serve();
    await world.offer();
    const run = await world.submit();
    await explained(run.id);
    // Somebody else stands in the office and does nothing.
    const { rows } = await world.pool.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'orrery leader scheduler' AND datname = current_database()`,
    );
    const usurper = await world.pool.connect();
    try {
      await usurper.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
      await usurper.query(`SELECT pg_advisory_lock(hashtextextended('orrery leader scheduler', 0))`);
      const outcome = await eventually(
        async () => {
          const refused = await world.ask(execution.ExplainRun, { runId: run.id });
          expect(refused.accepted).toBe(false);
          return refused;
        },
        { within: 20_000 },
      );
      expect(outcome).toMatchObject({ rejection: { code: 'SchedulerChangingHands', details: { retryAfterMs: expect.any(Number) } } });
    } finally {
      usurper.release(true);
    }
    await explained(run.id);
    await started.stop();
  });
});
