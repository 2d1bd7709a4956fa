import { Cluster } from '../../../../test/cluster.ts';
import { at, endRequested, gpus, ms, noWishes, runId, started, tokenId, workerId } from '../../../../test/facts.ts';
import { runStream } from '../../run/run-facts.ts';
import { workerStream } from '../../worker.ts';
import { rulesStream } from '../rules/rules.ts';
import type { LiveDecision } from './facts.ts';

const tell = () => {
  const cluster = new Cluster();
  return { scheduler: cluster.scheduler, cluster };
};

const kindsOf = (decisions: readonly LiveDecision[]) => decisions.map(({ kind }) => kind);

describe('the live scheduler', () => {
  it('gives each run GPUs of its model that nobody else holds', () => {
    const { cluster } = tell();
    cluster.join(1, { gpus: gpus(4, 'h100') });
    const right = cluster.join(2, { gpus: gpus(2) });
    const ids = [cluster.submit(1, { gpus: 1, gpuModel: 'A100' }), cluster.submit(2, { gpus: 1, gpuModel: 'a100' })];
    cluster.submit(3, { gpus: 1, gpuModel: 'a100' });
    const seats = cluster.round();
    expect(seats.map(({ runId: id, workerId: on }) => [id, on])).toEqual(ids.map((id) => [id, right]));
    expect(new Set(seats.flatMap(({ gpuIndexes }) => gpuIndexes)).size).toBe(2);
    expect(cluster.round()).toEqual([]);
    cluster.end(runId(1));
    expect(cluster.round()).toMatchObject([{ runId: runId(3), workerId: right }]);
  });

  it('knows GPUs by the indexes that their machine knows them by, and leaves broken ones alone', () => {
    const { cluster } = tell();
    const [first, , third] = gpus(3);
    const broken = first && { ...first, fault: { xid: 79, at: at(0) } };
    cluster.join(1, { gpus: [broken, third].filter((gpu) => gpu !== undefined) });
    cluster.submit(1, { gpus: 1 });
    cluster.submit(2, { gpus: 1 });
    expect(cluster.round()).toMatchObject([{ gpuIndexes: [2] }]);
  });

  it('gives slices of GPUs only where the agent says that it makes them, and whole GPUs in MIG mode to nobody', () => {
    const { cluster } = tell();
    const inMigMode = gpus(1).map((gpu) => ({ ...gpu, mig: 'a100-80gb' }));
    const id = cluster.join(1, { gpus: inMigMode });
    cluster.submit(1, { gpus: 1, mig: '1g.10gb' });
    cluster.submit(2, { gpus: 1 });
    expect(cluster.round()).toEqual([]);
    cluster.machineSays(id, { gpus: inMigMode, slicesGpus: true });
    expect(cluster.round()).toMatchObject([{ runId: runId(1), gpuIndexes: [0], mig: { profile: '1g.10gb', start: expect.any(Number) } }]);
  });

  it('puts what names a pool on its machines alone, by the policy of the pool', () => {
    const { cluster, scheduler } = tell();
    const traits = { labels: {}, rack: null, nanosPerHour: null, by: 'operator:op', at: at(0) };
    cluster.join(1, { cpuMilli: 64_000 });
    for (const n of [2, 3]) {
      const id = cluster.join(n, { gpus: gpus(4) });
      cluster.tell(workerStream(id), { type: 'WorkerLabelled', data: { workerId: id, ...traits, pool: 'quiet' } });
    }
    cluster.tell(rulesStream, { type: 'PoolSet', data: { name: 'quiet', policy: 'spread', by: 'operator:op', at: at(0) } });
    const wishes = { ...noWishes, pool: 'quiet' };
    cluster.submit(1, { gpus: 1 }, { wishes });
    expect(scheduler.decide(cluster.now, 10)).toMatchObject([{ kind: 'place', reasons: { policy: 'spread' } }]);
    const [first] = cluster.round();
    cluster.submit(2, { gpus: 1 }, { wishes });
    const [second] = cluster.round();
    expect([first?.workerId, second?.workerId].sort()).toEqual([workerId(2), workerId(3)]);
    cluster.submit(3, { cpuMilli: 32_000 }, { wishes });
    expect(cluster.round()).toEqual([]);
  });

  it('puts what is of a machine type in a pool on its machines, by the policy of the pool', () => {
    const { cluster } = tell();
    cluster.join(1);
    cluster.pool(cluster.join(2), 'quiet');
    cluster.policyOf('quiet', 'spread');
    cluster.submit(1, { pool: 'quiet' });
    expect(cluster.scheduler.decide(cluster.now, 10)).toMatchObject([
      { kind: 'place', seats: [{ workerId: workerId(2) }], reasons: { policy: 'spread' } },
    ]);
  });

  it('prefers machines on which the weights lie that a run names, of those where it would do as well', () => {
    const { cluster } = tell();
    for (const n of [1, 2, 3]) cluster.join(n);
    cluster.machineSays(workerId(2), { weights: ['llama', 'qwen'] });
    cluster.submit(1, {}, { weights: ['qwen'] });
    expect(cluster.round()).toMatchObject([{ workerId: workerId(2) }]);
    cluster.submit(2, {}, { weights: ['other'] });
    expect(cluster.round()).toHaveLength(1);
  });

  it('keeps a machine for whom it was promised to when only the weights on it change', () => {
    const { cluster, scheduler } = tell();
    const id = cluster.join(1, { cpuMilli: 2_000 });
    cluster.submit(1);
    cluster.round();
    cluster.submit(2, { cpuMilli: 2_000 });
    cluster.round();
    const kept = () => scheduler.look(cluster.now).snapshot.reservations;
    expect(kept()).toHaveLength(1);
    cluster.machineSays(id, { cpuMilli: 2_000, weights: ['llama'] });
    expect(kept()).toHaveLength(1);
    cluster.machineSays(id, { cpuMilli: 1_500, weights: ['llama'] });
    expect(kept()).toEqual([]);
  });

  it('proposes the same again until it hears that it was done', () => {
    const { cluster, scheduler } = tell();
    cluster.join(1);
    cluster.submit(1);
    const decisions = scheduler.decide(cluster.now, 10);
    expect(kindsOf(decisions)).toEqual(['place']);
    expect(scheduler.decide(cluster.now, 10)).toEqual(decisions);
  });

  it.each([
    ['WorkerLost', 'WorkerReturned'],
    ['WorkerCordoned', 'WorkerUncordoned'],
    ['WorkerDrainRequested', 'WorkerUncordoned'],
  ] as const)('places nothing between %s and %s', (out, back) => {
    const { cluster } = tell();
    const id = cluster.join(1);
    const data = { workerId: id, by: 'operator', lastSeenAt: '', endsAt: null, at: at(1) };
    cluster.tell(workerStream(id), { type: out, data });
    cluster.submit(1);
    expect(cluster.round()).toEqual([]);
    cluster.tell(workerStream(id), { type: back, data });
    expect(cluster.round()).toHaveLength(1);
  });

  it('follows what a machine says it has', () => {
    const { cluster } = tell();
    const id = cluster.join(1, { cpuMilli: 500 });
    cluster.submit(1);
    expect(cluster.round()).toEqual([]);
    cluster.machineSays(id, { cpuMilli: 1_000 });
    expect(cluster.round()).toHaveLength(1);
  });

  it('lets a run rest whose start was refused, and knows until when', () => {
    const { cluster, scheduler } = tell();
    const only = cluster.join(1);
    const id = cluster.submit(1);
    cluster.round();
    cluster.lose(id, only, { reason: 'start-failed' });
    expect(cluster.round()).toEqual([]);
    expect(scheduler.dueAt(cluster.now)).toBe(cluster.now + 1_000);
    cluster.now += 1_000;
    expect(cluster.round()).toHaveLength(1);
  });

  it('counts once what it is told again after its end', () => {
    const { cluster, scheduler } = tell();
    cluster.join(1);
    const id = cluster.submit(1);
    cluster.round();
    cluster.now += 60_000;
    cluster.end(id);
    const before = scheduler.look(cluster.now).snapshot;
    for (const fact of cluster.told) scheduler.apply(fact);
    expect(scheduler.look(cluster.now).snapshot).toEqual(before);
  });

  it('says that something is due now, and not that nothing is', () => {
    const { cluster, scheduler } = tell();
    const only = cluster.join(1);
    const id = cluster.submit(1);
    cluster.round();
    cluster.lose(id, only, { reason: 'start-failed' });
    const { now } = cluster;
    expect(scheduler.decide(now, 10)).toEqual([]);
    expect(scheduler.dueAt(now + 1_000)).toBe(now + 1_000);
  });

  it('is told of strangers without harm', () => {
    const { cluster, scheduler } = tell();
    const stranger = { workerId: workerId(9), by: 'operator', lastSeenAt: '', at: at(1) };
    cluster.tell(workerStream(workerId(9)), { type: 'WorkerLost', data: stranger });
    cluster.machineSays(workerId(9), {});
    cluster.end(runId(9));
    cluster.lose(runId(9), workerId(9));
    cluster.tell(runStream(runId()), started());
    cluster.tell(runStream(runId()), endRequested());
    cluster.tell(workerStream(workerId()), {
      type: 'JoinTokenCreated',
      data: { tokenId: tokenId(), hash: '', name: '', expiresAt: '', at: at(1) },
    });
    expect(scheduler.load()).toEqual({ waiting: 0, placed: 0, machines: 0, open: 0 });
  });

  it('forgets a request that ended while it waited', () => {
    const { cluster, scheduler } = tell();
    cluster.end(cluster.submit(1));
    cluster.join(1);
    expect(cluster.round()).toEqual([]);
    expect(scheduler.load()).toEqual({ waiting: 0, placed: 0, machines: 1, open: 1 });
  });
});

describe('whoever claims a guarantee', () => {
  it('keeps machines in the same decision that makes others leave them: one without the other would never end', () => {
    const { cluster, scheduler } = tell();
    const on = cluster.join(1, { cpuMilli: 1_000 });
    const borrower = cluster.submit(1, {}, { org: 1 });
    cluster.round();
    cluster.quota(2, { cpu: 1_000 });
    const claimant = cluster.submit(2, {}, { org: 2 });
    cluster.now += 600_000;
    const victims = [{ runIds: [borrower], reason: 'reclaim' }];
    expect(scheduler.decide(cluster.now, 10)).toMatchObject([{ kind: 'reserve', runId: claimant, reason: 'preemption', victims }]);
    cluster.round();
    expect(scheduler.decide(cluster.now, 10)).toEqual([]);
    cluster.lose(borrower, on, { reason: 'preempted' });
    expect(cluster.round()).toMatchObject([{ runId: claimant, workerId: on }]);
  });
});

describe('a machine that is drained', () => {
  it('gives up what may be preempted now, and the rest when its time is over', () => {
    const { cluster, scheduler } = tell();
    const id = cluster.join(1);
    const soft = cluster.submit(1, {}, { isPreemptible: true });
    const firm = cluster.submit(2);
    cluster.round();
    const endsAt = at(600);
    cluster.tell(workerStream(id), { type: 'WorkerDrainRequested', data: { workerId: id, by: 'operator:op', endsAt, at: at(1) } });
    const moved = (run: string) => ({ kind: 'preempt', runIds: [run], reason: 'drain' });
    expect(scheduler.decide(cluster.now, 10)).toEqual([moved(soft)]);
    cluster.round();
    expect(scheduler.decide(cluster.now, 10)).toEqual([]);
    expect(scheduler.dueAt(ms(1))).toBe(ms(600));
    cluster.now = ms(600);
    expect(scheduler.decide(cluster.now, 10)).toEqual([moved(firm)]);
  });
});

describe('a GPU that breaks', () => {
  it('costs the run that holds it its attempt, and no other', () => {
    const { cluster, scheduler } = tell();
    const id = cluster.join(1, { gpus: gpus(2) });
    for (const n of [1, 2]) cluster.submit(n, { gpus: 1 });
    const seats = cluster.round();
    const holder = seats.find(({ gpuIndexes }) => gpuIndexes.includes(1));
    const broken = gpus(2).map((gpu) => (gpu.index === 1 ? { ...gpu, fault: { xid: 79, at: at(1) } } : gpu));
    cluster.machineSays(id, { gpus: broken });
    expect(scheduler.decide(cluster.now, 10)).toMatchObject([{ kind: 'lose', attempt: { runId: holder?.runId, epoch: 1 } }]);
    cluster.round();
    expect(cluster.round()).toEqual([]);
  });
});
