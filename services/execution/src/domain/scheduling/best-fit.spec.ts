import { Cluster } from '../../../test/cluster.ts';
import { endRequested, facts, gpus, runId, started, tokenId, workerId } from '../../../test/facts.ts';
import { runStream } from '../run/run-facts.ts';
import { workerStream } from '../worker.ts';
import { bestFitEngine } from './best-fit.ts';

const tell = () => {
  const engine = bestFitEngine();
  return { engine, cluster: new Cluster(engine) };
};

describe('the best-fit engine', () => {
  it('puts work where it leaves least unused', () => {
    const { cluster } = tell();
    cluster.join(1, { cpuMilli: 16_000 });
    const small = cluster.join(2, { cpuMilli: 1_000, memoryMib: 1_024 });
    const id = cluster.submit(1);
    expect(cluster.round()).toEqual([
      { runId: id, workerId: small, gpuIndexes: [], reasons: { policy: 'best-fit', candidates: 2, score: 0 } },
    ]);
  });

  it('keeps machines with GPUs for work that needs them', () => {
    const { cluster } = tell();
    cluster.join(1, { cpuMilli: 1_000, memoryMib: 1_024, gpus: gpus(1) });
    const plain = cluster.join(2, { cpuMilli: 64_000 });
    cluster.submit(1);
    expect(cluster.round()).toMatchObject([{ workerId: plain }]);
  });

  it('gives each run GPUs of its model that nobody else holds', () => {
    const { cluster } = tell();
    cluster.join(1, { gpus: gpus(4, 'h100') });
    const right = cluster.join(2, { gpus: gpus(2) });
    const first = cluster.submit(1, { gpus: 1, gpuModel: 'A100' });
    cluster.submit(2, { gpus: 1, gpuModel: 'a100' });
    cluster.submit(3, { gpus: 1, gpuModel: 'a100' });
    expect(cluster.round()).toMatchObject([
      { workerId: right, gpuIndexes: [0] },
      { workerId: right, gpuIndexes: [1] },
    ]);
    expect(cluster.round()).toEqual([]);
    cluster.end(first);
    expect(cluster.round()).toMatchObject([{ workerId: right, gpuIndexes: [0] }]);
  });

  it('never proposes more than a machine has, within one decision or over several', () => {
    const { cluster } = tell();
    cluster.join(1, { cpuMilli: 3_000 });
    for (const n of [1, 2, 3, 4, 5]) cluster.submit(n);
    expect(cluster.round(2)).toHaveLength(2);
    expect(cluster.round()).toHaveLength(1);
    expect(cluster.round()).toHaveLength(0);
  });

  it('proposes the same again until it hears that it was done', () => {
    const { cluster, engine } = tell();
    cluster.join(1);
    cluster.submit(1);
    const placements = engine.decide(cluster.now, 10);
    expect(placements).toHaveLength(1);
    expect(engine.decide(cluster.now, 10)).toEqual(placements);
  });

  it.each([
    ['WorkerLost', 'WorkerReturned'],
    ['WorkerCordoned', 'WorkerUncordoned'],
  ] as const)('places nothing between %s and %s', (out, back) => {
    const { cluster } = tell();
    const id = cluster.join(1);
    const data = { workerId: id, by: 'operator', lastSeenAt: '', at: '' };
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
    const data = { workerId: id, facts: facts({ cpuMilli: 1_000 }), at: '' };
    cluster.tell(workerStream(id), { type: 'WorkerFactsChanged', data });
    expect(cluster.round()).toHaveLength(1);
  });

  it('tries a run on another machine than the one that failed it', () => {
    const { cluster } = tell();
    const tight = cluster.join(1, { cpuMilli: 1_000 });
    const wide = cluster.join(2);
    const id = cluster.submit(1);
    expect(cluster.round()).toMatchObject([{ workerId: tight }]);
    cluster.lose(id, tight);
    expect(cluster.round()).toMatchObject([{ workerId: wide }]);
    cluster.lose(id, wide);
    expect(cluster.round()).toMatchObject([{ workerId: tight }]);
  });

  it('lets a run rest whose start was refused, and knows until when', () => {
    const { cluster, engine } = tell();
    const only = cluster.join(1);
    const id = cluster.submit(1);
    cluster.round();
    cluster.lose(id, only, { reason: 'start-failed' });
    expect(cluster.round()).toEqual([]);
    expect(engine.dueAt(cluster.now)).toBe(cluster.now + 1_000);
    cluster.now += 1_000;
    expect(engine.dueAt(cluster.now)).toBeNull();
    expect(cluster.round()).toHaveLength(1);
  });

  it('gives a run that comes back its old place in the queue', () => {
    const { cluster } = tell();
    const only = cluster.join(1, { cpuMilli: 1_000 });
    const first = cluster.submit(1);
    cluster.now += 1;
    cluster.submit(2);
    cluster.round();
    cluster.lose(first, only);
    expect(cluster.round()).toMatchObject([{ runId: first }]);
  });

  it('is told of strangers without harm', () => {
    const { cluster, engine } = tell();
    const stranger = { workerId: workerId(9), by: 'operator', lastSeenAt: '', at: '' };
    cluster.tell(workerStream(workerId(9)), { type: 'WorkerLost', data: stranger });
    cluster.tell(workerStream(workerId(9)), { type: 'WorkerFactsChanged', data: { ...stranger, facts: facts() } });
    cluster.end(runId(9));
    cluster.lose(runId(9), workerId(9));
    const orphan = cluster.submit(8);
    cluster.place({ runId: orphan, workerId: workerId(9), gpuIndexes: [], reasons: { policy: '', candidates: 0, score: 0 } });
    cluster.lose(orphan, workerId(9));
    expect(engine.load()).toEqual({ waiting: 1, placed: 0, workers: 0, open: 0 });
  });

  it('ignores what it need not know', () => {
    const { cluster, engine } = tell();
    cluster.tell(runStream(runId()), started());
    cluster.tell(runStream(runId()), endRequested());
    const expected = { tokenId: tokenId(), hash: '', name: '', expiresAt: '', at: '' };
    cluster.tell(workerStream(workerId()), { type: 'JoinTokenCreated', data: expected });
    expect(engine.load()).toEqual({ waiting: 0, placed: 0, workers: 0, open: 0 });
  });

  it('forgets a request that ended while it waited', () => {
    const { cluster, engine } = tell();
    cluster.end(cluster.submit(1));
    cluster.join(1);
    expect(cluster.round()).toEqual([]);
    expect(engine.load()).toEqual({ waiting: 0, placed: 0, workers: 1, open: 1 });
  });

  it('lets small work pass a large request that no machine could ever hold', () => {
    const { cluster } = tell();
    cluster.join(1);
    cluster.submit(1, { cpuMilli: 64_000 });
    const small = cluster.submit(2);
    expect(cluster.round()).toMatchObject([{ runId: small }]);
  });

  it('keeps the nearest machine for a large request, and uses the others meanwhile', () => {
    const { cluster } = tell();
    const near = cluster.join(1, { cpuMilli: 4_000 });
    const other = cluster.join(2, { cpuMilli: 4_000 });
    const early = [cluster.submit(1, { cpuMilli: 500 }), cluster.submit(2, { cpuMilli: 3_600 })];
    expect(cluster.round()).toMatchObject([
      { runId: early[0], workerId: near },
      { runId: early[1], workerId: other },
    ]);
    cluster.now += 1;
    const large = cluster.submit(3, { cpuMilli: 4_000 });
    cluster.now += 1;
    const small = cluster.submit(4, { cpuMilli: 400 });
    const tooLate = cluster.submit(5, { cpuMilli: 1_000 });
    expect(cluster.round()).toMatchObject([{ runId: small, workerId: other }]);
    cluster.end(early[0] ?? tooLate);
    expect(cluster.round()).toMatchObject([{ runId: large, workerId: near }]);
  });
});
