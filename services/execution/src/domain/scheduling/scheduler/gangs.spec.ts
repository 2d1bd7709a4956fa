import { hour, type Job, minute, Timeline } from '../../../../test/scheduling/timeline.ts';
import { gpus, World } from '../../../../test/scheduling/world.ts';

// What schedulers in the field are known to get wrong of work that needs several machines at once, one test each.

/** As many alike as asked for: `train-1`, `train-2` … */
const several = (count: number, job: Job): readonly Job[] =>
  Array.from({ length: count }, (_, index) => ({ ...job, id: `${job.id}-${index + 1}` }));

const submitAll = (world: Timeline, jobs: readonly Job[]): void => {
  for (const job of jobs) world.submit(job);
};

describe('a gang', () => {
  it('of two nodes is not put on one free machine, whatever room that has', () => {
    // Given two machines, one of them busy for an hour, and the other one empty
    const world = new Timeline().machine('busy', 8).machine('free', 8);
    world.submit({ id: 'other', gpus: 8, machine: 'busy', runMs: hour });
    world.pass(minute);
    // When a gang asks for two GPUs on each of two machines
    world.submit({ id: 'gang', nodes: 2, gpus: 2 });
    world.pass(minute);
    // Then it waits, though there are four on one: until it has two machines
    expect(world.where('gang')).toEqual([]);
    expect(world.reasonOf('gang')).toBe('all-busy');
    world.pass(hour);
    expect(world.startOf('gang')).toBe(hour);
    expect([...world.where('gang')].sort()).toEqual(['busy', 'free']);
  });

  it('takes the places of others on as many machines as it has members, not of several on one', () => {
    // Given preemptible work on two machines, that of one of them in small pieces which lose less
    const world = new Timeline().machine('m-1', 8).machine('m-2', 8);
    const preemptible = { isPreemptible: true, runMs: 24 * hour };
    world.submit({ id: 'dear', gpus: 8, machine: 'm-1', ...preemptible });
    submitAll(world, several(8, { id: 'cheap', gpus: 1, machine: 'm-2', ...preemptible }));
    world.pass(hour);
    // When a gang of two comes that goes before them
    world.submit({ id: 'gang', nodes: 2, gpus: 2 });
    world.pass(minute);
    // Then it stands on both
    expect([...world.where('gang')].sort()).toEqual(['m-1', 'm-2']);
    expect(world.preemptions.map(({ victim }) => victim.replace(/-.*/, '')).sort()).toEqual(['cheap', 'cheap', 'dear']);
  });

  it('of two nodes waits on a fleet of one, holds nothing and keeps nobody from it', () => {
    // Given one machine, and a gang that needs two
    const world = new Timeline().machine('only', 8);
    world.submit({ id: 'gang', nodes: 2, gpus: 4 });
    world.pass(minute);
    expect(world.where('gang')).toEqual([]);
    expect(world.reasonOf('gang')).toBe('no-machine');
    // When somebody else asks for the machine, then it is theirs
    world.submit({ id: 'other', gpus: 8, runMs: hour });
    world.pass(minute);
    expect(world.where('other')).toEqual(['only']);
    // When a second machine joins, then the gang has both, once the first is free
    world.machine('second', 8);
    world.pass(2 * hour);
    expect(world.startOf('gang')).toBe(hour + minute);
  });

  it('that is huge is not starved by small jobs that never stop coming', () => {
    // Given a cluster full of small jobs, of one hour each, and more of them every minute
    const world = new Timeline().machine('m-1', 8).machine('m-2', 8);
    for (let at = 0; at < 12 * 60; at += 1)
      world.at(at * minute, () => submitAll(world, several(2, { id: `small-${at}`, queue: 'small' })));
    world.pass(2 * hour);
    // When a gang asks for the whole cluster
    world.submit({ id: 'gang', queue: 'big', nodes: 2, gpus: 8, runMs: hour });
    world.pass(9 * hour);
    // Then it has it when all that ran or had been promised a place before has ended, for nothing else was placed that ends later
    const promised = world.reserved.find(({ id }) => id === 'gang')?.at;
    expect(promised).toBeLessThanOrEqual(3 * hour + 5 * minute);
    expect(world.startOf('gang')).toBeLessThanOrEqual(promised ?? 0);
  });

  it('that wants to be on one machine has one kept for all of it, not the first room of each', () => {
    const world = new World();
    for (const [machine, hours] of [
      ['m1', [1, 4]],
      ['m2', [2, 3]],
    ] as const) {
      world.machine(machine, 2);
      for (const each of hours) world.ask(`${machine}-${each}`, 'b', gpus(1, { machine }), { limitMs: each * hour });
    }
    expect(world.round()).toHaveLength(4);
    const together = gpus(1, { group: 'g', near: { group: 'g', scope: 'machine' } });
    world.ask('gang', 'a', together, { nodes: 2 });
    expect(world.round()).toEqual(['reserve gang']);
    expect(world.scheduler.snapshot().reservations[0]?.seats.map(({ machine }) => machine)).toEqual(['m2', 'm2']);
  });
});
