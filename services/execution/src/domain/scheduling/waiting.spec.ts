import { Cluster } from '../../../test/cluster.ts';
import { at, attemptLost, gpus, keptWaiting, ms, runId } from '../../../test/facts.ts';
import { runStream } from '../run/run-facts.ts';
import { bestFitEngine } from './best-fit.ts';
import { newsOf, type Wait } from './waiting.ts';

const tell = () => {
  const engine = bestFitEngine();
  const cluster = new Cluster(engine);
  const why = () => engine.waits(cluster.now).map(({ runId: id, reason }) => [id, reason]);
  return { engine, cluster, why };
};

describe('A run waits', () => {
  it('because no machine could ever take it', () => {
    const { cluster, why } = tell();
    cluster.join(1, { gpus: gpus(8, 'a100') });
    const lacking = cluster.submit(1, { gpus: 1, gpuModel: 'h100' });
    const large = cluster.submit(2, { cpuMilli: 400_000 });
    expect(why()).toEqual([
      [lacking, 'no-machine'],
      [large, 'no-machine'],
    ]);
    cluster.join(2, { gpus: gpus(1, 'h100') });
    expect(why()).toEqual([[large, 'no-machine']]);
  });

  it('because all that could are busy', () => {
    const { cluster, why } = tell();
    cluster.join(1, { cpuMilli: 1_000 });
    cluster.submit(1);
    cluster.round();
    const second = cluster.submit(2);
    const third = cluster.submit(3);
    expect(why()).toEqual([
      [second, 'all-busy'],
      [third, 'all-busy'],
    ]);
  });

  it('because the room is kept for one that came before it', () => {
    const { cluster, why } = tell();
    cluster.join(1, { cpuMilli: 4_000 });
    cluster.submit(1, { cpuMilli: 3_000 });
    cluster.round();
    const large = cluster.submit(2, { cpuMilli: 4_000 });
    const small = cluster.submit(3, { cpuMilli: 1_000 });
    expect(cluster.round()).toEqual([]);
    expect(why()).toEqual([
      [large, 'all-busy'],
      [small, 'held-for-earlier'],
    ]);
  });

  it('because it is tried again only after a pause', () => {
    const { cluster, why } = tell();
    const machine = cluster.join(1);
    const id = cluster.submit(1);
    cluster.round();
    cluster.tell(runStream(id), attemptLost({ runId: id, workerId: machine, reason: 'start-failed', at: at(0) }));
    expect(why()).toEqual([[id, 'retry-later']]);
    cluster.now = ms(60);
    expect(why()).toEqual([]);
  });

  it('and that is known of what would be placed in one round or the next', () => {
    const { cluster, engine, why } = tell();
    cluster.join(1, { cpuMilli: 2_000 });
    for (const n of [1, 2, 3]) cluster.submit(n);
    expect(engine.decide(cluster.now, 1)).toHaveLength(1);
    expect(why()).toEqual([[runId(3), 'all-busy']]);
  });
});

describe('The owner of a run that waits', () => {
  const wait = (reason: Wait['reason'], told: Wait['told'] = null): Wait => ({ runId: runId(1), reason, told });
  const news = (waits: readonly Wait[], before: readonly Wait[] = waits, now = ms(100)) => newsOf(waits, { before, now, limit: 2 });

  it('hears a reason that lasts, once', () => {
    expect(news([wait('no-machine')], [])).toEqual([]);
    expect(news([wait('no-machine')], [wait('all-busy')])).toEqual([]);
    expect(news([wait('no-machine')])).toHaveLength(1);
    expect(news([wait('no-machine', { reason: 'no-machine', at: ms(0), times: 1 })])).toEqual([]);
  });

  it('hears of so many at a time, the oldest first', () => {
    const waits = [1, 2, 3].map((n): Wait => ({ ...wait('all-busy'), runId: runId(n) }));
    expect(news(waits).map(({ runId: id }) => id)).toEqual([runId(1), runId(2)]);
  });

  it('is not told of every turn, however often the reason changes in a day', () => {
    const owner: { told: Wait['told'] } = { told: null };
    for (let second = 0; second < 86_400; second += 2) {
      const now = ms(second);
      const [heard] = news([wait(second % 4 === 0 ? 'all-busy' : 'held-for-earlier', owner.told)], undefined, now);
      if (heard) owner.told = { reason: heard.reason, at: now, times: (owner.told?.times ?? 0) + 1 };
    }
    expect(owner.told?.times).toBeGreaterThan(5);
    expect(owner.told?.times).toBeLessThan(15);
  });

  it('has been told what the log says', () => {
    const { cluster, engine } = tell();
    const id = cluster.submit(1);
    cluster.tell(runStream(id), keptWaiting({ runId: id }));
    expect(engine.waits(cluster.now)).toMatchObject([{ told: { reason: 'no-machine', at: ms(3), times: 1 } }]);
    cluster.join(1);
    cluster.round();
    cluster.tell(runStream(id), attemptLost({ runId: id, at: at(0) }));
    expect(engine.waits(cluster.now)).toEqual([]);
  });
});
