import { hour, type Job, minute, quota, Timeline } from '../../../../test/scheduling/timeline.ts';

// What schedulers in the field are known to get wrong, one test each. Every story begins with an empty cluster at time zero; what the
// scheduler proposes comes true at once, and whoever is preempted uses all of its grace.

/** As many alike as asked for: `train-1`, `train-2` … */
const several = (count: number, job: Job): readonly Job[] =>
  Array.from({ length: count }, (_, index) => ({ ...job, id: `${job.id}-${index + 1}` }));

const submitAll = (world: Timeline, jobs: readonly Job[]): void => {
  for (const job of jobs) world.submit(job);
};

const running = (world: Timeline, named: string): readonly string[] =>
  world.running().flatMap(({ id }) => (id.startsWith(named) ? [id] : []));

describe('two queues that both want everything', () => {
  it('settle on what each is guaranteed, and do not preempt each other to and fro', () => {
    // Given a machine of 8 GPUs, half of them guaranteed to each queue, and one queue that borrowed all of it
    const world = new Timeline().machine('m', 8).quotas(quota('acme', 4), quota('beta', 4));
    submitAll(world, several(16, { id: 'a', queue: 'acme', runMs: 24 * hour }));
    world.pass(hour);
    expect(world.running()).toHaveLength(8);
    // When the other one comes, with as much work
    submitAll(world, several(16, { id: 'b', queue: 'beta', runMs: 24 * hour }));
    world.pass(20 * hour);
    // Then exactly its 4 GPUs are reclaimed, once, and nobody is preempted ever after
    expect(world.preemptions).toHaveLength(4);
    expect(world.preemptions.every(({ at }) => at === hour)).toBe(true);
    expect(running(world, 'a-')).toHaveLength(4);
    expect(running(world, 'b-')).toHaveLength(4);
  });

  it('do not do so either when what they ask for does not fit their guarantees', () => {
    // Given guarantees of 4 GPUs and requests for 3: nobody's second is within its guarantee
    const world = new Timeline().machine('m', 8).quotas(quota('acme', 4), quota('beta', 4));
    submitAll(world, several(8, { id: 'a', queue: 'acme', gpus: 3, runMs: 24 * hour }));
    world.pass(hour);
    // When both queues have far too much work, for three days
    submitAll(world, several(8, { id: 'b', queue: 'beta', gpus: 3, runMs: 24 * hour }));
    world.pass(72 * hour);
    // Then each lost at most the one that borrowed
    expect(world.preemptions.length).toBeLessThanOrEqual(1);
  });
});

describe('three queues of one group that borrow from each other', () => {
  it('are not caught in a circle of reclaiming', () => {
    // Given three queues with 4 of 12 GPUs each, and requests of 1, 2 and 4 GPUs, far too many
    const parent = 'group';
    const nodes = ['a', 'b', 'c'].map((id) => quota(id, 4, { parent }));
    const world = new Timeline().machine('m', 12).quotas(quota('group', 0), ...nodes);
    const sizes = [4, 2, 1];
    ['a', 'b', 'c'].forEach((queue, index) => {
      world.at(index * hour, () => submitAll(world, several(12, { id: queue, queue, gpus: sizes[index] ?? 1, runMs: 30 * hour })));
    });
    // When they come one after the other
    world.pass(20 * hour);
    // Then only who borrowed was preempted, once each, and all have what they are guaranteed
    const victims = world.preemptions.map(({ victim }) => victim);
    expect(new Set(victims).size).toBe(victims.length);
    expect(world.preemptions.every(({ at }) => at <= 2 * hour)).toBe(true);
    expect(['a', 'b', 'c'].map((queue) => running(world, queue).length)).toEqual([1, 2, 4]);
  });
});

describe('a request that is pinned to a machine', () => {
  it('takes the place of nobody elsewhere', () => {
    // Given two machines full of preemptible work, of which that on the other one would lose less
    const world = new Timeline().machine('mine', 8).machine('other', 8);
    const preemptible = { gpus: 8, isPreemptible: true, runMs: 24 * hour };
    world.submit({ id: 'old', machine: 'mine', ...preemptible });
    world.pass(hour);
    world.submit({ id: 'young', machine: 'other', ...preemptible });
    world.pass(hour);
    // When somebody insists on the first
    world.submit({ id: 'pinned', gpus: 8, machine: 'mine' });
    world.pass(minute);
    // Then the work there makes way, and no other
    expect(world.preemptions.map(({ victim }) => victim)).toEqual(['old']);
    expect(world.where('pinned')).toEqual(['mine']);
  });

  it('waits for it while it is away, whatever else is free', () => {
    // Given two machines, one of which is away
    const world = new Timeline().machine('here', 8).machine('away', 8);
    world.scheduler.openMachine('away', false);
    // When somebody insists on that one
    world.submit({ id: 'pinned', machine: 'away' });
    world.pass(5 * hour);
    // Then it waits, and says why
    expect(world.where('pinned')).toEqual([]);
    expect(world.reasonOf('pinned')).toBe('machine-away');
    // And has it when it is back
    world.scheduler.openMachine('away', true);
    world.pass(minute);
    expect(world.where('pinned')).toEqual(['away']);
  });

  it('waits for one that has left the fleet, and for its GPU that is broken', () => {
    const world = new Timeline().machine('m', 1).machine('other', 1);
    world.scheduler.closeGpus('m', [0]);
    submitAll(world, [
      { id: 'pinned', machine: 'm' },
      { id: 'stray', machine: 'gone' },
    ]);
    world.pass(hour);
    expect([world.where('pinned'), world.where('stray')]).toEqual([[], []]);
    expect(world.reasonOf('stray')).toBe('machine-away');
    world.scheduler.closeGpus('m', []);
    world.pass(minute);
    expect(world.where('pinned')).toEqual(['m']);
  });
});

describe('shares of GPUs', () => {
  it('are put together, so that whole GPUs stay whole', () => {
    // Given 8 GPUs, and eight requests for half of one
    const world = new Timeline().machine('m-1', 4).machine('m-2', 4);
    submitAll(world, several(8, { id: 'half', share: 500 }));
    world.pass(minute);
    // When a gang asks for all that they need not touch
    submitAll(world, several(4, { id: 'whole', gpus: 1 }));
    world.pass(minute);
    // Then there is room for all of them
    expect(world.running()).toHaveLength(12);
  });
});

describe('the first of a queue', () => {
  it('does not block those behind it when no machine could ever serve it', () => {
    const world = new Timeline().machine('m', 8);
    world.submit({ id: 'impossible', model: 'b300' });
    world.submit({ id: 'huge', gpus: 64 });
    submitAll(world, several(8, { id: 'plain' }));
    world.pass(minute);
    expect(world.running()).toHaveLength(8);
    expect([world.reasonOf('impossible'), world.reasonOf('huge')]).toEqual(['no-machine', 'no-machine']);
  });

  it('is not passed by lower classes that would make it wait longer, only by such that are over in time', () => {
    // Given 8 GPUs, half of them taken for two hours, and an important request for all of them
    const world = new Timeline().machine('m', 8);
    world.submit({ id: 'running', gpus: 4, runMs: 2 * hour });
    world.pass(minute);
    world.submit({ id: 'important', gpus: 8, rank: 2 });
    // When less important ones come that would fit meanwhile: one is over in time, the other is not
    submitAll(world, [
      { id: 'long', gpus: 2, runMs: 3 * hour },
      { id: 'short', gpus: 2, runMs: hour },
    ]);
    world.pass(minute);
    // Then only the short one goes first, and the important one starts when the machine is free
    expect([world.isRunning('short'), world.isRunning('long')]).toEqual([true, false]);
    world.pass(3 * hour);
    expect(world.startOf('important')).toBe(2 * hour);
  });

  it('keeps nothing once it is cancelled, though machines were reserved for it', () => {
    // Given a request that waits for a full machine, and another one behind it that must not delay it
    const world = new Timeline().machine('m', 8);
    world.submit({ id: 'running', gpus: 4, runMs: 2 * hour });
    world.pass(minute);
    world.submit({ id: 'first', gpus: 8 });
    world.submit({ id: 'second', gpus: 4, runMs: 10 * hour });
    world.pass(minute);
    expect(world.reserved.map(({ id }) => id)).toContain('first');
    expect(world.isRunning('second')).toBe(false);
    // When the first is cancelled, then the second starts at once
    world.cancel('first');
    world.pass(0);
    expect(world.isRunning('second')).toBe(true);
  });
});

describe('a quota that is lowered below what is used', () => {
  it('ends nothing by itself, and admits nothing until there is room under it', () => {
    // Given an org that uses all of its limit
    const limited = (gpus: number) => quota('acme', 0, { limit: { a100: 1_000 * gpus } });
    const world = new Timeline().machine('m', 8).quotas(limited(6));
    submitAll(world, several(10, { id: 'a', gpus: 2, model: 'a100', runMs: 4 * hour }));
    world.pass(hour);
    expect(world.running()).toHaveLength(3);
    // When its limit is lowered
    world.quotas(limited(2));
    world.pass(hour);
    // Then what runs goes on, what waits says why
    expect(world.running()).toHaveLength(3);
    expect(world.preemptions).toEqual([]);
    expect(world.reasonOf('a-4')).toBe('quota');
    // And from then on one runs at a time
    world.pass(3 * hour);
    expect(world.running()).toHaveLength(1);
  });

  it('makes what is above a lowered guarantee reclaimable', () => {
    const world = new Timeline().machine('m', 8).quotas(quota('acme', 8));
    submitAll(world, several(8, { id: 'a', queue: 'acme', runMs: 24 * hour }));
    world.pass(hour);
    world.quotas(quota('acme', 6), quota('beta', 2));
    submitAll(world, several(8, { id: 'b', queue: 'beta', runMs: 24 * hour }));
    world.pass(hour);
    expect(running(world, 'b-')).toHaveLength(2);
    expect(world.preemptions).toHaveLength(2);
  });
});

describe('a clock that jumps back', () => {
  it('neither preempts nor places anything that it should not, and work goes on', () => {
    // Given work on a full machine, and work that waits
    const world = new Timeline().machine('m', 2).quotas(quota('acme', 1), quota('beta', 1));
    world.pass(10 * hour);
    submitAll(world, several(2, { id: 'a', queue: 'acme', runMs: 2 * hour }));
    world.pass(hour);
    // When the clock says that it is hours before
    const decisions = world.scheduler.decide(2 * hour, 100);
    expect(decisions).toEqual([]);
    world.scheduler.submit({
      id: 'early',
      queue: 'acme',
      ask: { nodes: 1, choices: [{ cpuMilli: 0, memoryMib: 0, gpus: 1, gpuMilli: 1_000, models: null }] },
      rank: 0,
      isPreemptible: false,
      limitMs: hour,
      deadlineAt: null,
      submittedAt: 2 * hour,
    });
    expect(world.scheduler.decide(2 * hour + minute, 100).filter(({ kind }) => kind !== 'reserve')).toEqual([]);
    world.scheduler.ended('a-1', 2 * hour + 2 * minute);
    // Then what waits has its turn as ever
    expect(world.scheduler.decide(2 * hour + 2 * minute, 100)).toMatchObject([{ kind: 'place', request: 'early' }]);
  });
});
