import { Cluster } from '../../../../test/cluster.ts';
import { ms, runId, workerId } from '../../../../test/facts.ts';
import type { LiveScheduler } from './live-scheduler.ts';

const tell = () => {
  const cluster = new Cluster();
  return { scheduler: cluster.scheduler, cluster };
};

/** Who has which seats. */
const placesIn = (scheduler: LiveScheduler) =>
  scheduler.look(ms(0)).snapshot.requests.map(({ request: { id }, placed, vacated }) => [id, placed?.seats ?? null, vacated]);

describe('a gang', () => {
  const placedGang = () => {
    const { cluster, scheduler } = tell();
    const machines = [cluster.join(1, { cpuMilli: 1_000 }), cluster.join(2, { cpuMilli: 1_000 })];
    const members = cluster.gang(1, 2);
    const seats = cluster.round();
    return { cluster, scheduler, machines, members, seats };
  };

  it('waits until all of it is known, and all of it has room', () => {
    const { cluster } = tell();
    cluster.join(1, { cpuMilli: 1_000 });
    const gang = { id: runId(1), size: 2 };
    cluster.submit(2, {}, { gang: { ...gang, rank: 1 } });
    expect(cluster.round()).toEqual([]);
    cluster.submit(1, {}, { gang: { ...gang, rank: 0 } });
    expect(cluster.round()).toEqual([]);
    cluster.join(2, { cpuMilli: 1_000 });
    expect(cluster.round().map(({ runId: id }) => id)).toEqual([runId(1), runId(2)]);
  });

  it('gives back the place of one when the other is lost, and starts again together', () => {
    const { cluster, scheduler, members, seats } = placedGang();
    const [first, second] = seats;
    if (!first || !second) throw new TypeError('both are placed');
    cluster.lose(first.runId, first.workerId);
    const decisions = scheduler.decide(cluster.now, 10);
    const because = `Member 0 of its gang (run ${first.runId}) lost its machine: Its machine was not heard until its lease ended.`;
    expect(decisions).toEqual([{ kind: 'preempt', runIds: [second.runId], reason: 'gang', because }]);
    cluster.round();
    expect(scheduler.decide(cluster.now, 10)).toEqual([]);
    cluster.lose(second.runId, second.workerId, { reason: 'preempted' });
    expect(cluster.round().map(({ runId: id }) => id)).toEqual(members);
  });

  it('is told in sentences, however machines and services wrote them', () => {
    const { cluster, scheduler, seats } = placedGang();
    const [first] = seats;
    if (!first) throw new TypeError('it is placed');
    cluster.lose(first.runId, first.workerId, { message: 'its machine was not heard until its lease ended' });
    expect(scheduler.decide(cluster.now, 10)).toMatchObject([{ because: expect.stringMatching(/until its lease ended\.$/) }]);
  });

  it.each([
    ['RunFailed', 'failed'],
    ['RunAborted', 'was aborted'],
    ['RunCancelled', 'was cancelled'],
    ['RunSystemFailed', 'failed for a reason of the platform'],
  ] as const)('ends with a member that ends with %s, and says which it was and how', (type, how) => {
    const { cluster, scheduler, members } = placedGang();
    const [first = runId(), second = runId()] = members;
    cluster.end(second, type);
    const message = `Member 1 of its gang (run ${second}) ${how}: The program ended with exit code 0. All members share one fate.`;
    const end = { kind: 'end', runIds: [first], mode: 'cancel', reason: 'gang-ended', message };
    expect(scheduler.decide(cluster.now, 10)).toEqual([end]);
    cluster.round();
    expect(scheduler.decide(cluster.now, 10)).toEqual([]);
  });

  it('goes on where a member has completed, and cannot start again then', () => {
    const { cluster, scheduler, members, seats } = placedGang();
    const [first = runId(), second = runId()] = members;
    cluster.end(first);
    expect(scheduler.decide(cluster.now, 10)).toEqual([]);
    cluster.lose(second, seats[1]?.workerId ?? workerId());
    const message = expect.stringMatching(/^Member 1 of its gang .* lost its machine after another one had completed/);
    expect(scheduler.decide(cluster.now, 10)).toEqual([{ kind: 'end', runIds: [second], mode: 'cancel', reason: 'gang-ended', message }]);
  });

  it('is where it was placed last, also when told of one member after the other', () => {
    const { cluster, seats } = placedGang();
    for (const seat of seats) cluster.lose(seat.runId, seat.workerId);
    cluster.now += 60_000;
    expect(cluster.round()).toHaveLength(2);
    const again = new Cluster();
    again.now = cluster.now;
    const streamOf = (id: string) => cluster.told.filter(({ stream }) => stream === id);
    for (const id of new Set(cluster.told.map(({ stream }) => stream))) for (const fact of streamOf(id)) again.scheduler.apply(fact);
    expect(placesIn(again.scheduler)).toEqual(placesIn(cluster.scheduler));
    again.submit(9);
    expect(again.round()).toEqual([]);
  });

  it('is asked to end together, waiting or not', () => {
    const { cluster, scheduler, members } = placedGang();
    const [first = runId(), second = runId()] = members;
    cluster.askToEnd(first, 'stop');
    expect(scheduler.decide(cluster.now, 10)).toEqual([{ kind: 'end', runIds: [second], mode: 'stop', reason: 'stopped', message: null }]);
    const [third = runId(), fourth = runId()] = cluster.gang(3, 2);
    cluster.askToEnd(third, 'cancel');
    cluster.end(third, 'RunCancelled');
    const message = `Member 0 of its gang (run ${third}) was cancelled on request. All members share one fate.`;
    expect(scheduler.decide(cluster.now, 10)).toContainEqual({ kind: 'end', runIds: [fourth], mode: 'cancel', reason: 'stopped', message });
  });

  it('names the member that failed to all others, also to whom it is told late', () => {
    const { cluster, scheduler } = tell();
    for (const n of [1, 2, 3]) cluster.join(n, { cpuMilli: 1_000 });
    const [first = runId(), second = runId(), third = runId()] = cluster.gang(1, 3);
    cluster.round();
    cluster.end(second, 'RunFailed');
    const [end] = scheduler.decide(cluster.now, 10);
    if (end?.kind !== 'end') throw new TypeError('the others are asked to end');
    expect(end.runIds).toEqual([first, third]);
    // One was asked, and whoever asked died before the other was.
    cluster.make({ ...end, runIds: [first] });
    expect(scheduler.decide(cluster.now, 10)).toEqual([{ ...end, runIds: [third] }]);
  });

  it('is forgotten when its last member has ended', () => {
    const { cluster, scheduler, members } = placedGang();
    for (const id of members) cluster.end(id);
    expect(scheduler.load()).toMatchObject({ waiting: 0, placed: 0 });
  });
});
