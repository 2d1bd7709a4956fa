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

/** A cohort of several queues that get theirs back from each other all the time, while machines are kept for what they borrow. */
const crowded: Scenario = {
  ...first,
  cohorts: 1,
  queues: 5,
  classes: [
    { ...small, count: 21, everyMs: 60, runMs: 150 },
    { ...medium, count: 7, everyMs: 300, runMs: 350 },
    { ...large, count: 3, everyMs: 700, runMs: 700 },
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

  it('is admitted as it must be where what is borrowed is taken back all the time', () => {
    const { faults, admitted, preemptions } = audit(crowded, workloadsOf(crowded), replay(crowded).happenings);
    expect(faults).toEqual([]);
    expect(admitted).toBe(155);
    expect(preemptions).toBeGreaterThan(0);
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
  const submitted = (request: string, at = 0): Happening => ({ kind: 'submitted', at, request });
  const placed = (request: string, isBorrowed = false, at = 0): Happening => ({ kind: 'placed', at, request, isBorrowed });
  const preempted = (request: string, by: string, at = 0): Happening => ({ kind: 'preempted', at, request, by, reason: 'reclaim' });
  const ended = (request: string, at: number): Happening => ({ kind: 'ended', at, request });
  const faults = (workloads: readonly Workload[], happened: readonly Happening[]): string =>
    audit(tiny, workloads, happened)
      .faults.filter((fault) => !fault.includes('never ran'))
      .join();

  it('notices whoever passed an earlier one of its queue', () => {
    const two = [workload('old', 'a'), workload('new', 'a', { submittedAt: 1 })];
    expect(faults(two, [submitted('old'), submitted('new'), placed('new')])).toBe('at 0 ms: new passed old of its queue');
  });

  it('notices whoever borrows what another one is guaranteed', () => {
    const three = [workload('one', 'a'), workload('two', 'a'), workload('other', 'b')];
    const happened = [submitted('one'), submitted('two'), submitted('other'), placed('one'), placed('two', true)];
    expect(faults(three, happened)).toBe('at 0 ms: two borrowed what other is guaranteed');
  });

  it('lets nobody be passed who was preempted less than three times, and waits no longer with those who need solid ground', () => {
    const gaveWay = (times: number): string => {
      const others = Array.from({ length: times }, (_, index) => `other-${index}`);
      const happened = others.flatMap((other, index): Happening[] => {
        const at = 5 * index;
        return [placed('old', true, at), submitted(other, at), preempted('old', other, at), placed(other, false, at), ended(other, at + 5)];
      });
      const at = 5 * times;
      const workloads = [workload('kept', 'a'), workload('old', 'a'), ...others.map((id) => workload(id, 'b'))];
      return faults(
        [...workloads, workload('new', 'a', { submittedAt: at })],
        [submitted('kept'), submitted('old'), placed('kept'), ...happened, submitted('new', at), placed('new', true, at)],
      );
    };
    expect(gaveWay(2)).toBe('at 10 ms: new passed old of its queue');
    expect(gaveWay(3)).toBe('');
  });

  it('notices a promise that is not kept, and room that is left idle meanwhile', () => {
    const two = [workload('one', 'a'), workload('two', 'b')];
    const promise: Happening = { kind: 'reserved', at: 0, request: 'one', promised: 0 };
    expect(faults(two, [submitted('one'), submitted('two'), placed('two'), promise, placed('one', false, 1)])).toBe(
      'at 0 ms: one was left waiting though there was room,at 1 ms: one came later than it was promised',
    );
  });

  it('notices a promise that is put off', () => {
    const promise = (promised: number): Happening => ({ kind: 'reserved', at: 0, request: 'one', promised });
    expect(faults([workload('one', 'a')], [submitted('one'), promise(2), promise(3)])).toBe('at 0 ms: one was told a later moment');
  });

  it('notices whoever was preempted within its guarantee, or for nothing', () => {
    const two = [workload('one', 'a'), workload('other', 'b')];
    const happened = [submitted('one'), placed('one'), submitted('other'), preempted('one', 'other')];
    expect(faults(two, happened)).toContain('was within its guarantee');
    expect(faults(two, happened)).toContain('need not have been');
  });

  it('notices whoever takes a place within the guarantee of its queue for work beyond it', () => {
    const modest = workload('modest', 'a', { isPreemptible: true });
    const three = [modest, workload('other', 'b'), { ...workload('large', 'a'), cpus: 4 }];
    const happened = [
      ...['modest', 'other', 'large'].map((id) => submitted(id)),
      placed('modest'),
      placed('other'),
      preempted('modest', 'large'),
    ];
    expect(faults(three, happened)).toBe('at 0 ms: modest, preempted by large, was within its guarantee, and the other is not');
  });
});
