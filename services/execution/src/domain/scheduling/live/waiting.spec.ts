import { Cluster } from '../../../../test/cluster.ts';
import { at, attemptLost, keptWaiting, ms, runId } from '../../../../test/facts.ts';
import { runStream } from '../../run/run-facts.ts';
import { waitingInWords } from '../../run/waiting-in-words.ts';
import { type Wait, WaitingRounds } from './waiting.ts';

const waitsOf = (cluster: Cluster): readonly Wait[] => {
  const all: Wait[] = [];
  const waits = cluster.scheduler.waits();
  for (let { value } = waits.next(); value; { value } = waits.next()) all.push(value);
  return all;
};

const tell = () => {
  const cluster = new Cluster();
  const why = () => waitsOf(cluster).map(({ runId: id, reason }) => [id, reason]);
  return { scheduler: cluster.scheduler, cluster, why };
};

describe('The owner of a run that waits', () => {
  const wait = (reason: Wait['reason'], told: Wait['told'] = null): Wait => ({ runId: runId(1), reason, told });
  /** What is heard at the second look. */
  const news = (waits: readonly Wait[], before: readonly Wait[] = waits, now = ms(100)) => {
    const looks = [before, waits];
    const rounds = new WaitingRounds(() => (looks.shift() ?? []).values(), { looks: 10, news: 2 });
    rounds.look(now);
    return rounds.look(now);
  };

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

  it('hears in the end, however many wait, and no look is at more than so many', () => {
    const waits = Array.from({ length: 100 }, (_, n): Wait => ({ ...wait('all-busy'), runId: runId(n) }));
    let looked = 0;
    const counted = function* () {
      for (const each of waits) {
        looked += 1;
        yield each;
      }
    };
    const rounds = new WaitingRounds(counted, { looks: 30, news: 20 });
    const heard = new Set<string>();
    for (let look = 0; look < 12; look += 1) {
      looked = 0;
      for (const { runId: id } of rounds.look(ms(look))) heard.add(id);
      expect(looked).toBeLessThanOrEqual(30);
    }
    expect(heard.size).toBe(100);
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
    const { cluster, scheduler } = tell();
    const id = cluster.submit(1);
    cluster.tell(runStream(id), keptWaiting({ runId: id }));
    expect(waitsOf(cluster)).toEqual([]);
    scheduler.decide(cluster.now, 10);
    expect(waitsOf(cluster)).toMatchObject([{ told: { reason: 'no-machine', at: ms(3), times: 1 } }]);
    cluster.join(1);
    cluster.round();
    cluster.tell(runStream(id), attemptLost({ runId: id, at: at(0) }));
    cluster.round();
    expect(waitsOf(cluster)).toEqual([]);
  });

  it('is promised nothing that takes more than the reason to know', () => {
    for (const reason of ['no-machine', 'closed', 'group', 'machine-away', 'quota', 'all-busy'] as const) {
      for (const nodes of [1, 2]) expect(waitingInWords(reason, nodes)).not.toMatch(/as soon as|offers|connected/);
    }
    expect(waitingInWords('no-machine', 2)).toContain('could not take all its members at once');
    expect(waitingInWords('all-busy', 2)).toContain('Its members start together');
  });

  it('hears of each member of a gang', () => {
    const { cluster, why } = tell();
    cluster.join(1, { cpuMilli: 1_000 });
    const members = cluster.gang(1, 2);
    expect(cluster.round()).toEqual([]);
    expect(why().map(([id]) => id)).toEqual(members);
  });
});
