import { type FreshDatabase, freshDatabase } from '@orrery/testing';
import { type MetricQuery, openPostgresStore, type Point, type PostgresStore, type Sample, TooManyPoints } from '../src/index.ts';

const dayMs = 86_400_000;
const noon = Date.UTC(2026, 2, 10, 12);
let clock = noon;

let database: FreshDatabase;
let store: PostgresStore;

beforeAll(async () => {
  database = await freshDatabase('metrics');
  store = await openPostgresStore({ url: database.url, metricDays: 3, now: () => clock });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});
beforeEach(() => {
  clock = noon;
});

let workers = 0;
const freshWorker = () => `w${++workers}`;

const sample = (worker: string, seconds: number, value: number, fields: Partial<Sample> = {}): Sample => ({
  metric: 'cpu',
  labels: { worker },
  at: noon + seconds * 1_000,
  value,
  ...fields,
});

const rangeOf = (worker: string, query: Partial<MetricQuery> = {}) =>
  store.metrics.range({ metrics: ['cpu'], labels: { worker }, from: noon, to: noon + 60_000, stepMs: 15_000, aggregate: 'avg', ...query });

const at = (seconds: number, value: number) => ({ at: noon + seconds * 1_000, value });

describe('metrics in PostgreSQL', () => {
  it('fold the samples of each step by every aggregate', async () => {
    const worker = freshWorker();
    await store.metrics.append([
      sample(worker, 0, 4),
      sample(worker, 14, 1),
      sample(worker, 5, 7),
      sample(worker, 15, 10),
      sample(worker, 45, 2),
    ]);
    const expected: Partial<Record<MetricQuery['aggregate'], readonly Point[]>> = {
      avg: [at(0, 4), at(15, 10), at(45, 2)],
      min: [at(0, 1), at(15, 10), at(45, 2)],
      max: [at(0, 7), at(15, 10), at(45, 2)],
      sum: [at(0, 12), at(15, 10), at(45, 2)],
      count: [at(0, 3), at(15, 1), at(45, 1)],
      last: [at(0, 1), at(15, 10), at(45, 2)],
    };
    for (const aggregate of ['avg', 'min', 'max', 'sum', 'count', 'last'] as const) {
      const series = await rangeOf(worker, { aggregate });
      expect(series).toEqual([{ metric: 'cpu', labels: { worker }, points: expected[aggregate] }]);
    }
  });

  it('agree with a plain fold in memory on many samples, for any start and step', async () => {
    const worker = freshWorker();
    const samples = Array.from({ length: 2_000 }, (_, index) => sample(worker, 0, (index * 7919) % 101, { at: noon + index * 137 }));
    await store.metrics.append(samples);
    for (const [from, to, stepMs] of [
      [noon, noon + 300_000, 15_000],
      [noon + 1, noon + 99_999, 7_001],
      [noon - 50_000, noon + 500_000, 60_000],
      [noon + 13, noon + 14, 1],
    ] as const) {
      const expected = new Map<number, number[]>();
      for (const { at, value } of samples) {
        if (at < from || at >= to) continue;
        const step = from + Math.floor((at - from) / stepMs) * stepMs;
        expected.set(step, [...(expected.get(step) ?? []), value]);
      }
      const [series] = await rangeOf(worker, { from, to, stepMs });
      const points = [...expected].map(([step, values]) => ({
        at: step,
        value: values.reduce((sum, value) => sum + value, 0) / values.length,
      }));
      expect(series?.points.length ?? 0).toBe(points.length);
      for (const [index, { at, value }] of points.entries()) {
        expect(series?.points[index]?.at).toBe(at);
        expect(series?.points[index]?.value).toBeCloseTo(value, 9);
      }
    }
  });

  it('keep a sample once, however often it comes, and the first one where two disagree', async () => {
    const worker = freshWorker();
    expect(await store.metrics.append([sample(worker, 1, 5), sample(worker, 2, 6)])).toEqual({ added: 2, repeated: 0, outside: 0 });
    expect(await store.metrics.append([sample(worker, 2, 99), sample(worker, 3, 7)])).toEqual({ added: 1, repeated: 1, outside: 0 });
    expect((await rangeOf(worker))[0]?.points).toEqual([at(0, 6)]);
  });

  it('hold series apart by metric and labels, whatever the order of the labels', async () => {
    const worker = freshWorker();
    await store.metrics.append([
      sample(worker, 0, 1, { labels: { worker, gpu: '0' } }),
      sample(worker, 1, 3, { labels: { gpu: '0', worker } }),
      sample(worker, 1, 10, { labels: { worker, gpu: '1' } }),
      sample(worker, 1, 50, { metric: 'ram', labels: { worker, gpu: '0' } }),
    ]);
    const series = await rangeOf(worker);
    expect(series).toEqual([
      { metric: 'cpu', labels: { worker, gpu: '0' }, points: [at(0, 2)] },
      { metric: 'cpu', labels: { worker, gpu: '1' }, points: [at(0, 10)] },
    ]);
    expect(await rangeOf(worker, { labels: { worker, gpu: ['1', '2'] } })).toHaveLength(1);
    expect(await rangeOf(worker, { metrics: ['cpu', 'ram'] })).toHaveLength(3);
  });

  it('join series that agree in the labels asked for, after each was folded by itself', async () => {
    const worker = freshWorker();
    await store.metrics.append([
      ...[0, 1, 2, 3].map((second) => sample(worker, second, 10, { labels: { worker, gpu: '0' } })),
      sample(worker, 0, 40, { labels: { worker, gpu: '1' } }),
      sample(worker, 20, 8, { labels: { worker, gpu: '1' } }),
    ]);
    // One busy reporter must not outweigh the other: 25 is the mean of the two, 16 would be the mean of the samples.
    expect(await rangeOf(worker, { by: ['worker'] })).toEqual([{ metric: 'cpu', labels: { worker }, points: [at(0, 25), at(15, 8)] }]);
    expect((await rangeOf(worker, { by: [], across: 'sum' }))[0]?.points).toEqual([at(0, 50), at(15, 8)]);
    expect((await rangeOf(worker, { by: [], across: 'max' }))[0]?.points).toEqual([at(0, 40), at(15, 8)]);
  });

  it('answer nothing for a metric that nobody measured', async () => {
    expect(await rangeOf('nobody')).toEqual([]);
    expect(await rangeOf('nobody', { from: noon, to: noon })).toEqual([]);
  });

  it('refuse more points than an answer may hold', async () => {
    await expect(rangeOf('w', { to: noon + 3 * dayMs, stepMs: 1_000 })).rejects.toThrow(TooManyPoints);
    await expect(rangeOf('w', { stepMs: 0 })).rejects.toThrow(RangeError);
  });

  it('tell the newest sample of each series', async () => {
    const worker = freshWorker();
    await store.metrics.append([
      sample(worker, 1, 1, { labels: { worker, gpu: '0' } }),
      sample(worker, 9, 2, { labels: { worker, gpu: '0' } }),
      sample(worker, 4, 3, { labels: { worker, gpu: '1' } }),
    ]);
    const newest = await store.metrics.latest({ metrics: ['cpu'], labels: { worker }, from: noon });
    expect(newest.map(({ labels, value }) => [labels.gpu, value])).toEqual([
      ['0', 2],
      ['1', 3],
    ]);
    expect(await store.metrics.latest({ metrics: ['cpu'], labels: { worker }, from: noon + 5_000 })).toHaveLength(1);
  });

  it('read across midnight and forget whole days', async () => {
    const worker = freshWorker();
    const midnight = noon + dayMs / 2;
    await store.metrics.append([sample(worker, 0, 1, { at: midnight - 1 }), sample(worker, 0, 3, { at: midnight })]);
    const around = { from: midnight - 10_000, to: midnight + 10_000, stepMs: 20_000 };
    expect((await rangeOf(worker, around))[0]?.points).toEqual([{ at: midnight - 10_000, value: 2 }]);
    clock = midnight + 2 * dayMs + 1;
    expect(await store.retain()).toBeGreaterThanOrEqual(1);
    expect((await rangeOf(worker, around))[0]?.points).toEqual([{ at: midnight - 10_000, value: 3 }]);
  });

  it('take no sample that is no number or of no possible time', async () => {
    const worker = freshWorker();
    const wrong = [sample(worker, 0, Number.NaN), sample(worker, 0, Number.POSITIVE_INFINITY), sample(worker, 0, 1, { at: 0 })];
    expect(await store.metrics.append(wrong)).toEqual({ added: 0, repeated: 0, outside: 3 });
  });
});
