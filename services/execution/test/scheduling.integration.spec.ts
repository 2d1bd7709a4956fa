import { randomUUID } from 'node:crypto';
import { execution, OrgId } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import { runsThatMatter } from '../src/application/scheduling/what-matters.ts';
import { gpus, facts as machineFacts } from './facts.ts';
import type { FakeAgent, Held } from './world/fake-agent.ts';
import { buildService, ServiceProcess } from './world/service-process.ts';
import { small, World } from './world/world.ts';

jest.setTimeout(60_000);

const operator = { principal: { kind: 'operator', id: 'op' } } as const;
const within = { within: 20_000 };

/** An organization that is guaranteed so many CPUs. */
const claimant = async (world: World, cpus: number): Promise<OrgId> => {
  const orgId = OrgId.parse(randomUUID());
  await world.get(execution.SetQuota, { node: orgId, guaranteedMilli: { cpu: cpus * 1_000 } }, operator);
  return orgId;
};

const wished = (agent: FakeAgent, runId: string): Promise<Held> =>
  eventually(() => {
    const held = agent.held.get(runId);
    return held?.wish !== undefined && held;
  }, within);

describe('in one service', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
    await world.get(execution.SetSchedulerRules, { minRunMs: 0, graceMs: 20_000 }, operator);
  }, 60_000);
  afterEach(() => world.tidy(), 40_000);
  afterAll(() => world.close(), 30_000);

  it('a gang of two on a fleet of one machine waits, says why, and holds nothing', async () => {
    const agent = await world.machine({ cpuMilli: 1_500 });
    const { id } = await world.submit({ nodes: 2 });
    await eventually(
      async () => expect(await world.run(id)).toMatchObject({ status: 'pending', waiting: { reason: expect.any(String) } }),
      within,
    );
    expect(agent.held.size).toBe(0);
    const small = await world.submit();
    await agent.holds(small.id);
  });

  it('a gang starts on two machines in one moment, and each member knows who it is', async () => {
    const agents = [await world.machine({ cpuMilli: 1_500 }), await world.machine({ cpuMilli: 1_500 })];
    const { id, request } = await world.submit({ nodes: 2 });
    expect(request.gang).toEqual({ id, size: 2, rank: 0 });
    const { items } = await world.get(execution.ListRuns, { gang: id });
    expect(items.map((run) => run.request.gang?.rank).sort()).toEqual([0, 1]);
    const specs = await eventually(() => {
      const held = agents.flatMap((agent) => [...agent.held.values()].map(({ spec }) => spec));
      return held.length === 2 && held;
    }, within);
    expect(specs.map(({ env }) => env['ORRERY_GANG_RANK']).sort()).toEqual(['0', '1']);
    for (const { env, program, graceSeconds } of specs) {
      expect(graceSeconds).toBe(20);
      expect(env).toMatchObject({ ORRERY_GANG_ID: id, ORRERY_GANG_SIZE: '2' });
      expect(program?.code).toBe('print("hello")');
    }
    const { rows } = await world.pool.query(`SELECT FROM events WHERE type = 'RunPlaced.v1' AND stream = ANY($1) GROUP BY transaction`, [
      items.map((run) => `run-${run.id}`),
    ]);
    expect(rows).toHaveLength(1);
  });

  it('a gang of which one member fails ends, and is asked about in one place', async () => {
    const agents = [await world.machine({ cpuMilli: 1_500 }), await world.machine({ cpuMilli: 1_500 })];
    const { id } = await world.submit({ nodes: 2 });
    const [first] = agents;
    const held = await eventually(() => [...(first?.held.values() ?? [])][0] ?? false, within);
    await first?.begin(held);
    await first?.finish(held, { exitCode: 1 });
    await eventually(async () => {
      const { items } = await world.get(execution.ListRuns, { gang: id });
      expect(items.map(({ status, reason }) => `${status} ${reason}`).sort()).toEqual(['cancelled gang-ended', 'failed exited']);
    }, within);
    // However few runs a new scheduler remembers, it remembers whole gangs.
    const { items } = await world.get(execution.ListRuns, { gang: id });
    expect(await runsThatMatter(world.pool, { most: 1 })).toEqual(expect.arrayContaining(items.map((run) => run.id)));
  });

  it('work on borrowed room makes way for whom it belongs to, is told why, and goes on later', async () => {
    const agent = await world.machine({ cpuMilli: 1_500 });
    const borrower = await world.submit();
    await agent.begin(await agent.holds(borrower.id));
    expect(await world.status(borrower.id, 'running')).toMatchObject({ isBorrowed: true, preemptions: 0 });
    const orgId = await claimant(world, 1);
    const owner = await world.submit({}, { orgId });
    const told = ['RunSubmitted', 'RunPlaced', 'RunStarted', 'RunPreempted', 'RunAttemptLost'];
    await eventually(async () => expect((await world.types(borrower.id)).slice(0, told.length)).toEqual(told), within);
    const again = await world.run(borrower.id);
    const { items } = await world.get(execution.GetRunHistory, { runId: borrower.id });
    expect(items.find(({ type }) => type === 'RunPreempted')?.data).toMatchObject({ reason: 'reclaim', by: null });
    expect(again).toMatchObject({
      status: 'pending',
      preemptions: 1,
      preempted: { reason: 'reclaim' },
      waiting: { reason: expect.any(String) },
    });
    const held = await agent.holds(owner.id);
    await agent.begin(held);
    await agent.finish(held);
    const second = await agent.holds(borrower.id, 2);
    await agent.begin(second);
    await agent.finish(second);
    expect(await world.status(borrower.id, 'completed')).toMatchObject({ attempt: 2, preemptions: 1 });
  });

  it('keeps machines for a claimant and tells others to leave them in one commit', async () => {
    const agent = await world.machine({ cpuMilli: 1_500 });
    agent.onEnd = () => undefined;
    const borrower = await world.submit();
    await agent.begin(await agent.holds(borrower.id));
    const owner = await world.submit({}, { orgId: await claimant(world, 1) });
    const held = await wished(agent, borrower.id);
    const { rows } = await world.pool.query(
      `SELECT count(*)::int AS facts FROM events WHERE stream = ANY($1)
         AND (type = 'RunPreempted.v1' OR (type = 'ReservationMade.v1' AND data->>'reason' = 'preemption'))
       GROUP BY transaction`,
      [[borrower.id, owner.id].map((id) => `run-${id}`)],
    );
    expect(rows).toEqual([{ facts: 2 }]);
    await agent.finish(held, { reason: 'preempted', exitCode: null });
    await agent.begin(await agent.holds(owner.id));
  });

  it('work that may be preempted makes way for other work of its owner, who is told which', async () => {
    const agent = await world.machine({ cpuMilli: 1_500 });
    const soft = await world.submit({ preemptible: true });
    await agent.begin(await agent.holds(soft.id));
    const firm = await world.submit();
    await agent.holds(firm.id);
    const { items } = await world.get(execution.GetRunHistory, { runId: soft.id });
    expect(items.find(({ type }) => type === 'RunPreempted')?.data).toMatchObject({ reason: 'own-org', by: firm.id });
  });

  it('a machine is told which slice of its GPU is meant, where its agent makes slices', async () => {
    await world.neighbours.offer('gpu.slice', { ...small, gpus: 1, mig: '1g.10gb' });
    await world.neighbours.price(2, { names: ['cpu', 'gpu.a100', 'gpu.slice'] });
    const inMigMode = { gpus: gpus(1).map((gpu) => ({ ...gpu, mig: 'a100-80gb' })) };
    await world.machine(inMigMode);
    const run = await eventually(() => world.submit({ machineType: 'gpu.slice' }).catch(() => false as const), within);
    if (!run) throw new TypeError('it was submitted');
    await eventually(async () => expect((await world.run(run.id)).waiting?.message).toContain('It asks for gpu.slice'), within);
    const agent = await world.machine({ ...inMigMode, slicesGpus: true });
    const { spec } = await agent.holds(run.id);
    expect(spec).toMatchObject({ gpuIndexes: [0], mig: { profile: '1g.10gb', start: expect.any(Number) } });
  });

  it.each([
    ['ends as its owner wishes where that comes while it makes way', 'preempted', 'cancelled'],
    ['is completed where its program ends by itself before', 'exited', 'completed'],
  ] as const)('a run %s', async (_what, reason, status) => {
    const agent = await world.machine({ cpuMilli: 1_500 });
    agent.onEnd = () => undefined;
    const { id } = await world.submit();
    await agent.begin(await agent.holds(id));
    await world.submit({}, { orgId: await claimant(world, 1) });
    const held = await wished(agent, id);
    expect(held.wish).toEqual({ mode: 'stop', reason: 'preempted' });
    if (status === 'cancelled') await world.get(execution.EndRun, { runId: id, mode: 'cancel' });
    await agent.finish(held, { reason, exitCode: reason === 'exited' ? 0 : null });
    expect(await world.status(id, status)).toMatchObject({ attempt: 1, preemptions: 1, ranMs: expect.any(Number) });
  });

  it('a machine that is drained gives up what may be preempted, and lets the rest run out', async () => {
    const agent = await world.machine({ cpuMilli: 2_500 });
    const [soft, firm] = [await world.submit({ preemptible: true }), await world.submit()];
    for (const { id } of [soft, firm]) await agent.begin(await agent.holds(id));
    const drained = await world.get(execution.DrainWorker, { workerId: agent.workerId }, operator);
    expect(drained).toMatchObject({ status: 'cordoned', drain: { endsAt: null } });
    await eventually(async () => expect(await world.types(soft.id)).toContain('RunAttemptLost'), within);
    expect(await world.run(firm.id)).toMatchObject({ status: 'running', preemptions: 0 });
    const elsewhere = await world.machine({ cpuMilli: 1_500 });
    await elsewhere.holds(soft.id, 2);
  });

  it('a run whose GPU breaks starts again on another one, and nothing is put on the broken one', async () => {
    await world.neighbours.offer('gpu.a100', { ...small, gpus: 1, gpuModel: 'a100' });
    const facts = (fault?: { xid: number; at: string }) =>
      machineFacts({ gpus: gpus(2).map((gpu) => (gpu.index === 0 && fault ? { ...gpu, fault } : gpu)) });
    const agent = await world.machine({ gpus: gpus(2) });
    const runs = await eventually(
      async () => [await world.submit({ machineType: 'gpu.a100' }), await world.submit({ machineType: 'gpu.a100' })],
      within,
    );
    const held = await Promise.all(runs.map(({ id }) => agent.holds(id)));
    const unlucky = held.find(({ spec }) => spec.gpuIndexes[0] === 0)?.spec.runId ?? execution.RunId.parse(randomUUID());
    await agent.beat(facts({ xid: 79, at: '2026-01-01T00:00:00.000Z' }));
    await eventually(async () => expect(await world.types(unlucky)).toContain('RunAttemptLost'), within);
    const { items } = await world.get(execution.GetRunHistory, { runId: unlucky });
    expect(items.find(({ type }) => type === 'RunAttemptLost')?.data).toMatchObject({
      reason: 'gpu-fault',
      message: expect.stringContaining('79'),
    });
    const other = await world.machine({ gpus: gpus(1) });
    expect((await other.holds(unlucky, 2)).spec.gpuIndexes).toEqual([0]);
  });

  it('refuses what a scheduler decides whose term is over', async () => {
    const late = world.pool.query('INSERT INTO decision_terms (run_id, term) VALUES ($1, 0)', [randomUUID()]);
    await expect(late).rejects.toMatchObject({ constraint: 'attempt_leases_term' });
  });
});

describe('an office that is killed', () => {
  let world: World;
  let service: ServiceProcess;
  beforeAll(async () => {
    await buildService();
    world = await World.build();
    service = new ServiceProcess(world.env);
    await service.start();
    await world.offer();
    await world.get(execution.SetSchedulerRules, { minRunMs: 0, graceMs: 20_000 }, operator);
  }, 180_000);
  afterAll(async () => {
    await service.kill9();
    await world.close();
  }, 30_000);

  it('goes on with a preemption that it had begun, keeps the reservation, and preempts nobody else', async () => {
    const agent = await world.machine({ cpuMilli: 2_500 });
    agent.onEnd = () => undefined;
    const runs = [await world.submit(), await world.submit()];
    for (const { id } of runs) await agent.begin(await agent.holds(id));
    const orgId = await claimant(world, 1);
    const owner = await world.submit({}, { orgId });
    const victim = await eventually(() => [...agent.held.values()].find(({ wish }) => wish !== undefined) ?? false, within);
    await eventually(
      async () => expect(await world.get(execution.GetRun, { runId: owner.id }, { orgId })).toHaveProperty('reservation.startsAt'),
      within,
    );
    const before = await world.get(execution.GetRun, { runId: owner.id }, { orgId });
    await service.kill9();
    await service.start();
    // One that is started anew leads as soon as it runs: on a busy machine, starting a process takes longest.
    await eventually(async () => expect((await world.pool.query('SELECT FROM leadership WHERE fence >= 2')).rowCount).toBe(1), {
      within: 60_000,
    });
    await agent.finish(victim, { reason: 'preempted', exitCode: null });
    await agent.begin(await agent.holds(owner.id));
    const after = await world.get(execution.GetRunHistory, { runId: owner.id }, { orgId });
    expect(after.items.filter(({ type }) => type === 'ReservationMade').map(({ data }) => data['startsAt'])).toEqual([
      before.reservation?.startsAt,
    ]);
    const counts = await Promise.all(runs.map(async ({ id }) => (await world.run(id)).preemptions));
    expect(counts.sort()).toEqual([0, 1]);
  }, 180_000);

  it('knows what each has had, also of work that nobody is told of any more', async () => {
    const orgId = await claimant(world, 1);
    const agent = await world.machine();
    const { id } = await world.submit({}, { orgId });
    const held = await agent.holds(id);
    await agent.begin(held);
    await agent.finish(held);
    const kept = async (): Promise<boolean> => {
      const { rowCount } = await world.pool.query(
        `SELECT FROM scheduler_memory m, events e WHERE e.stream = $1 AND e.type = 'RunCompleted.v1'
           AND (e.transaction, e.position) <= (m.transaction, m.position)`,
        [`run-${id}`],
      );
      return rowCount === 1;
    };
    await eventually(kept, { within: 60_000 });
    await world.pool.query("UPDATE run_list SET settled_at = settled_at - interval '60 days' WHERE id = $1", [id]);
    expect(await runsThatMatter(world.pool)).not.toContain(id);
    const shareOf = async (): Promise<number> => {
      const { items } = await world.get(execution.GetQuotaUse, { limit: 200 }, operator);
      return items.find(({ node }) => node === orgId)?.share ?? 0;
    };
    const before = await shareOf();
    expect(before).toBeGreaterThan(0);
    await service.kill9();
    await service.start();
    const after = await eventually(shareOf, { within: 60_000 });
    // It decays with a half-life of days.
    expect(Math.abs(after / before - 1)).toBeLessThan(0.01);
  }, 150_000);
});
