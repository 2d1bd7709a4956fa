import { audit } from './check.ts';
import { type Happening, replay } from './replay.ts';
import { type Scenario, scenarios, type Workload, workloadsOf } from './scenario.ts';

const [first] = scenarios;
if (!first) throw new RangeError('there is no scenario');
const [small, medium, large] = first.classes;
if (!small || !medium || !large) throw new RangeError('a scenario has three classes');

/** Two cohorts of three queues, a few of each class: the same pressure, and soon over. */
const little: Scenario = {
  ...first,
  cohorts: 2,
  queues: 3,
  classes: [
    { ...small, count: 35 },
    { ...medium, count: 10 },
    { ...large, count: 5 },
  ],
};

const happenings = replay(little).happenings;
const faultsOf = (scenario: Scenario, happened: readonly Happening[]): readonly string[] =>
  audit(scenario, workloadsOf(scenario), happened).faults;

describe('a scenario of Kueue', () => {
  it('is admitted as it must be', () => {
    const { faults, admitted, borrowed } = audit(little, workloadsOf(little), happenings);
    expect(faults).toEqual([]);
    expect(admitted).toBe(300);
    expect(borrowed).toBeGreaterThan(0);
  });
});

describe('the auditor of a scenario', () => {
  it('notices what is above a limit', () => {
    expect(faultsOf({ ...little, borrowing: 5 }, happenings).join()).toContain('is above its limit');
  });

  it('notices a cohort that lends what it does not have', () => {
    expect(faultsOf({ ...little, nominal: 10 }, happenings).join()).toContain('lends what it does not have');
  });

  it('notices whoever never ran', () => {
    const without = happenings.filter(({ kind }, index) => kind !== 'ended' || index < happenings.length - 1);
    expect(faultsOf(little, without)).toEqual([expect.stringContaining('never ran to its end')]);
  });

  /** One cohort of two queues of 2 CPUs each, told by hand. */
  const tiny: Scenario = { ...first, cohorts: 1, queues: 2, nominal: 2, borrowing: 2, classes: [] };
  const workload = (id: string, queue: string, rest: Partial<Workload['request']> = {}): Workload => {
    const ask = { nodes: 1, choices: [] };
    const request = { id, queue, ask, rank: 0, isPreemptible: false, limitMs: 5, deadlineAt: null, submittedAt: 0, ...rest };
    return { request, className: 'any', cohort: 'cohort', cpus: 2, runMs: 5 };
  };
  const submitted = (request: string): Happening => ({ kind: 'submitted', at: 0, request });
  const placed = (request: string, isBorrowed = false): Happening => ({ kind: 'placed', at: 1, request, isBorrowed });
  const preempted = (request: string, by: string): Happening => ({ kind: 'preempted', at: 2, request, by, reason: 'reclaim' });
  const faults = (workloads: readonly Workload[], happened: readonly Happening[]): string =>
    audit(tiny, workloads, happened)
      .faults.filter((fault) => !fault.includes('never ran'))
      .join();

  it('notices whoever passed an earlier one of its queue', () => {
    const two = [workload('old', 'a'), workload('new', 'a', { submittedAt: 1 })];
    expect(faults(two, [submitted('old'), submitted('new'), placed('new')])).toBe('at 1 ms: new passed old of its queue');
  });

  it('notices whoever borrows what another one is guaranteed', () => {
    const three = [workload('one', 'a'), workload('two', 'a'), workload('other', 'b')];
    const happened = [submitted('one'), submitted('two'), submitted('other'), placed('one'), placed('two', true)];
    expect(faults(three, happened)).toBe('at 1 ms: two borrowed what other is guaranteed');
  });

  it('notices a promise that is not kept', () => {
    const two = [workload('one', 'a'), workload('two', 'a', { submittedAt: 1 })];
    const promise: Happening = { kind: 'reserved', at: 0, request: 'one', promised: 0 };
    expect(faults(two, [submitted('one'), submitted('two'), promise, placed('one')])).toBe('at 1 ms: one came later than it was promised');
  });

  it('notices whoever was preempted within its guarantee, or for nothing', () => {
    const two = [workload('one', 'a'), workload('other', 'b')];
    const happened = [submitted('one'), placed('one'), submitted('other'), preempted('one', 'other')];
    expect(faults(two, happened)).toContain('was within its guarantee');
    expect(faults(two, happened)).toContain('need not have been');
  });
});
