import { hour, type Job, minute, quota, Timeline } from '../../../../test/scheduling/timeline.ts';

describe('whoever is told a moment while a smaller one of its queue has been told one', () => {
  it('is overtaken by that one, and by no others that come', () => {
    const world = new Timeline().machine('m', 4);
    world.submit({ id: 'runs', gpus: 4 });
    world.submit({ id: 'small-0', gpus: 2 });
    world.pass(minute);
    // Given one that is worth four hours of waiting more
    world.submit({ id: 'important', gpus: 4, rank: 1 });
    for (let number = 1; number <= 20; number += 1) {
      world.at(number * 10 * minute, () => world.submit({ id: `small-${number}`, gpus: 2, runMs: 3 * hour }));
    }
    world.pass(10 * hour);
    // Then it starts when both that began before it have ended
    expect(world.startOf('small-0')).toBe(hour);
    expect(world.startOf('important')).toBe(2 * hour);
  });

  it('is not kept waiting for ever by a stream of these, when its time is up', () => {
    // Given a gang that nearly fills two machines, and streams that have work for them all the time, one of them in its own queue
    const overdueMs = 6 * hour;
    const world = new Timeline({ overdueMs, ageingMs: 10 * minute, graceMs: minute }).machine('m-1').machine('m-2');
    world.quotas(quota('nobody', 0));
    const streams = [
      { queue: 'quiet', gpus: 2, runMs: 26 * minute, everyMs: 10 * minute },
      { queue: 'other', gpus: 3, runMs: 101 * minute, everyMs: 17 * minute },
      { queue: 'other', gpus: 2, runMs: 11 * minute, everyMs: 13 * minute },
    ];
    streams.forEach(({ everyMs, ...job }, index) => {
      for (let at = 0; at < 16 * hour; at += everyMs) world.at(at, () => world.submit({ ...job, id: `flood-${index}-${at / minute}` }));
    });
    world.pass(hour);
    world.submit({ id: 'patient', queue: 'quiet', gpus: 6, nodes: 2, rank: -1, runMs: 2 * hour });
    world.pass(14 * hour);
    // Then it starts within the longest run after its time is up
    expect(world.startOf('patient')).toBeLessThan(hour + 10 * minute + overdueMs + 101 * minute);
  });

  it('of a gang may share machines with the one that was told before it', () => {
    const world = new Timeline().machine('m-1', 4).machine('m-2', 5);
    world.submit({ id: 'runs', gpus: 3, nodes: 2, runMs: 12 * minute });
    world.pass(minute);
    world.submit({ id: 'pair', gpus: 2, nodes: 2, runMs: 10 * minute });
    world.pass(minute);
    // Its second half would be free at once where the first one will be, but for the other's
    world.submit({ id: 'other', gpus: 2, nodes: 2, rank: 1, runMs: 10 * minute });
    world.pass(minute);
    expect(world.reserved.map(({ id, at }) => [id, at])).toEqual([
      ['pair', 12 * minute + world.settings.graceMs],
      ['other', 12 * minute + world.settings.graceMs],
    ]);
  });
});

describe('whoever is told nothing, because by fair share others come before its queue', () => {
  it('sees nobody behind it told instead in the same answer, in which these others get what was kept for them', () => {
    const [parts, beta] = ['acme/vision', 'beta'];
    const come: readonly (Job & { readonly after: number; readonly runs: number })[] = [
      { after: 0, id: 'beta-1', queue: beta, gpus: 2, runs: 120, isPreemptible: true },
      { after: 110, id: 'acme-1', gpus: 1, runs: 240 },
      { after: 110, id: 'acme-2', gpus: 3, nodes: 2, runs: 300 },
      { after: 120, id: 'first', gpus: 2, nodes: 2, runs: 60, isPreemptible: true },
      { after: 180, id: 'vision-1', queue: parts, gpus: 2, runs: 30 },
      { after: 240, id: 'vision-2', queue: parts, gpus: 3, nodes: 2, runs: 10 },
      { after: 240, id: 'beta-2', queue: beta, nodes: 2, runs: 120 },
      { after: 240, id: 'beta-3', queue: beta, nodes: 2, runs: 180 },
      { after: 240, id: 'beta-4', queue: beta, gpus: 4, runs: 120 },
      { after: 300, id: 'vision-3', queue: parts, runs: 240, isPreemptible: true },
      { after: 360, id: 'behind', gpus: 4, runs: 60 },
    ];
    const world = new Timeline().machine('m-1', 4).machine('m-2', 5);
    for (const { after, runs, ...job } of come) world.at(after * minute, () => world.submit({ ...job, runMs: runs * minute }));
    // Given that the first began, and was preempted for `beta-3`, which begins now
    world.pass(416 * minute);
    expect(world.startOf('beta-3')).toBe(416 * minute);
    // Then of its queue nobody but the first is told
    const isOfQueue = (id: string): boolean => id === 'first' || id === 'behind';
    expect(world.reserved.filter(({ id, told }) => told === world.now && isOfQueue(id)).map(({ id }) => id)).toEqual(['first']);
  });
});

describe('whoever has waited too long', () => {
  it('has machines kept for it before a later one of its queue whose deadline is near, also where both were told that there is nothing', () => {
    const world = new Timeline({ overdueMs: 2 * hour, reservations: 1 }).machine('m', 4);
    world.submit({ id: 'runs', queue: 'other', gpus: 4, runMs: 20 * hour });
    world.pass(minute);
    world.submit({ id: 'first', queue: 'other', gpus: 4 });
    world.pass(minute);
    world.submit({ id: 'old', gpus: 4 });
    world.pass(5 * hour);
    world.submit({ id: 'late', gpus: 4, runMs: hour / 2, deadlineAt: world.now + hour / 2 + 10 * minute });
    world.pass(minute);
    // When what was kept may be kept for somebody else
    world.cancel('first');
    world.pass(minute);
    expect(world.reserved.map(({ id }) => id)).toEqual(['first', 'old']);
  });
});
