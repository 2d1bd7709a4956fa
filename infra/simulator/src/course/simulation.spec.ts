import { defaultSettings } from '@orrery/execution/scheduling';
import fc from 'fast-check';
import { courseChart } from '../chart/course-chart.ts';
import type { Change, Course, Job } from './course.ts';
import { play } from './play.ts';
import { courseReport } from './report.ts';

const machine = { id: 'm', cpuMilli: 8_000, memoryMib: 8_192, gpuModels: ['a100'] };
const pair = { ...machine, id: 'pair', gpuModels: ['a100', 'a100'] };
const minute = 60_000;

const job = (id: string, submittedAt: number, runMs: number, more: Partial<Job> = {}): Job => ({
  id,
  queue: 'acme',
  ask: { nodes: 1, choices: [{ cpuMilli: 1_000, memoryMib: 1_024, gpus: 1, gpuMilli: 1_000, models: null }] },
  rank: 0,
  isPreemptible: false,
  runMs,
  limitMs: 10 * runMs,
  deadlineAt: null,
  calledOffAt: null,
  submittedAt,
  ...more,
});

const run = (jobs: readonly Job[], changes: readonly Change[] = [], machines = [machine]): Course =>
  play({ machines, jobs, changes, from: 0 }, { name: 'fgd', policy: 'fgd', seed: 1, quotas: [], weights: new Map() });

const stayOf = (course: Course, id: string) => course.stays.find((stay) => stay.id === id);

describe('A simulated course', () => {
  it('lets the second wait until the first has ended', () => {
    const course = run([job('first', 0, 10 * minute), job('second', minute, 5 * minute)]);
    expect(stayOf(course, 'second')).toMatchObject({ startedAt: 10 * minute, endedAt: 15 * minute, preemptions: 0, passed: null });
    const { all, utilisation, seconds, backfilled } = courseReport(course);
    expect(all).toMatchObject({ requests: 2, neverStarted: 0, waitSeconds: { max: 540 }, gpuHours: 0.25 });
    expect(all.slowdown.max).toBeCloseTo(14 / 5, 9);
    expect([utilisation.meanPercent, utilisation.peakPercent, seconds, backfilled]).toEqual([expect.closeTo(100, 6), 100, 900, 0]);
  });

  it('counts the run time of short runs as ten seconds, so that no slowdown is endless', () => {
    const course = run([job('first', 0, 20_000), job('none', 0, 0)]);
    expect(courseReport(course).all.slowdown.max).toBeCloseTo(2, 9);
  });

  it('says who began before somebody of their queue who came earlier', () => {
    const large = { nodes: 1, choices: [{ cpuMilli: 8_000, memoryMib: 1_024, gpus: 0, gpuMilli: 0, models: null }] };
    const small = { nodes: 1, choices: [{ cpuMilli: 1_000, memoryMib: 1_024, gpus: 0, gpuMilli: 0, models: null }] };
    const course = run([job('runs', 0, 10 * minute), job('large', 1, minute, { ask: large }), job('small', 2, minute, { ask: small })]);
    expect(stayOf(course, 'small')?.passed).toBe('large');
    expect(courseReport(course).backfilled).toBe(1);
  });

  it('starts again what a lost machine took with it', () => {
    const changes: Change[] = [
      { at: 4 * minute, kind: 'lose', machine: 'm' },
      { at: 5 * minute, kind: 'open', machine: 'm' },
    ];
    const course = run([job('unlucky', 0, 10 * minute)], changes);
    expect(stayOf(course, 'unlucky')).toMatchObject({ startedAt: 0, endedAt: 15 * minute, lostGpuMs: 4 * minute * 1_000 });
  });

  it('lets go of what was called off, whether it waits or not', () => {
    const calledOff = { runMs: null, limitMs: 60 * minute, calledOffAt: 2 * minute };
    const course = run([job('first', 0, 10 * minute), job('waits', 1, 0, calledOff)]);
    expect(stayOf(course, 'waits')).toMatchObject({ startedAt: null, endedAt: 2 * minute });
    expect(stayOf(run([job('runs', 0, 0, calledOff)]), 'runs')).toMatchObject({ startedAt: 0, endedAt: 2 * minute });
  });

  it('takes from who borrows what another is guaranteed, after the grace, and starts it again later', () => {
    const quotas = [{ id: 'owner', parent: null, weight: 1, guaranteed: { a100: 1_000 }, limit: {} }];
    const jobs = [job('borrows', 0, 60 * minute, { queue: 'guest' }), job('owns', 10 * minute, 10 * minute, { queue: 'owner' })];
    const course = play(
      { machines: [machine], jobs, changes: [], from: 0 },
      { name: 'fgd', policy: 'fgd', seed: 1, quotas, weights: new Map() },
    );
    const { graceMs } = defaultSettings;
    expect(stayOf(course, 'owns')).toMatchObject({ startedAt: 10 * minute + graceMs, endedAt: 20 * minute + graceMs });
    expect(stayOf(course, 'borrows')).toMatchObject({ startedAt: 0, preemptions: 1, endedAt: 80 * minute + graceMs });
    expect(courseReport(course).preemptions).toMatchObject({ count: 1, requests: 1, mostOfOne: 1 });
    expect(courseReport(course).preemptions.lostGpuHours).toBeCloseTo((10 * minute + graceMs) / 3_600_000, 9);
  });

  it('comes to an end though something waits for a machine that never comes', () => {
    const models = ['h100'];
    const never = { nodes: 1, choices: [{ cpuMilli: 1, memoryMib: 1, gpus: 1, gpuMilli: 1_000, models }] };
    const course = run([job('never', 0, minute, { ask: never }), job('first', 1, minute)]);
    expect(courseReport(course).all).toMatchObject({ requests: 2, neverStarted: 1 });
    expect(courseReport(course).backfilled).toBe(0);
  });

  it('adds up: what is held is what is in use, nobody starts before arriving, all who fit end, and it is the same again', () => {
    const some = fc.record({
      at: fc.integer({ min: 0, max: 3_600_000 }),
      runMs: fc.integer({ min: 0, max: 3_600_000 }),
      asked: fc.constantFrom(
        { gpus: 1, gpuMilli: 200 },
        { gpus: 1, gpuMilli: 500 },
        { gpus: 1, gpuMilli: 1_000 },
        { gpus: 2, gpuMilli: 1_000 },
      ),
      rank: fc.constantFrom(-1, 0, 1),
      isPreemptible: fc.boolean(),
      queue: fc.constantFrom('a', 'b/x', 'b/y'),
    });
    fc.assert(
      fc.property(fc.array(some, { minLength: 1, maxLength: 30 }), (given) => {
        const jobs = given
          .map(({ at, runMs, asked, ...more }, index) => {
            const choices = [{ cpuMilli: 1_000, memoryMib: 100, ...asked, models: null }];
            return job(`j${index}`, at, runMs, { ...more, ask: { nodes: 1, choices } });
          })
          .sort((a, b) => a.submittedAt - b.submittedAt);
        const course = run(jobs, [], [machine, pair]);
        expect(course.samples.peakUsedPercent).toBeLessThanOrEqual(100);
        for (const { startedAt, submittedAt, endedAt, ranMs } of course.stays) {
          expect(startedAt).toBeGreaterThanOrEqual(submittedAt);
          expect(endedAt).toBeGreaterThanOrEqual((startedAt ?? 0) + (ranMs ?? 0));
        }
        const held = course.stays.reduce((sum, { heldGpuMs }) => sum + heldGpuMs, 0);
        const means = course.samples.means(7);
        const used = means.reduce((sum, { usedPercent }) => sum + usedPercent, 0) / 7 / 100;
        expect(used * (course.samples.to - course.samples.from) * 3_000).toBeCloseTo(means.length === 0 ? 0 : held, 0);
        expect(courseReport(run(jobs, [], [machine, pair]))).toEqual({ ...courseReport(course), work: expect.anything() });
      }),
      { numRuns: 200 },
    );
  });
});

describe('The chart of a course', () => {
  it('says what its lines are, and lets no name out of its text', () => {
    const course = run([job('a', 0, minute, { queue: '<script>&"x"' }), job('b', 1, minute, { queue: "o'b" })]);
    const svg = courseChart({ title: 'A <b>title</b>', subtitle: 'and\u0000 more', courses: [course], reports: [courseReport(course)] });
    for (const text of [
      'A &lt;b&gt;title',
      '&lt;script&gt;&amp;&quot;x&quot;',
      'o&#39;b',
      'time since the first arrival, in minutes',
      '% of all GPUs',
    ])
      expect(svg).toContain(text);
    for (const text of ['<script', '<b>', '\u0000', 'NaN', 'Infinity']) expect(svg).not.toContain(text);
  });
});
