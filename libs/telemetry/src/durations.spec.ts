import { Durations } from './durations.ts';
import { ownMetrics } from './own-metrics.ts';
import { Sums } from './sums.ts';

const pointsOf = async (name: string) => {
  const { resourceMetrics } = await ownMetrics.collect();
  const data = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics).find(({ descriptor }) => descriptor.name === name);
  return data?.dataPoints ?? [];
};

describe('A histogram of seconds', () => {
  it('counts a value in the first bucket that holds it, bounds included', async () => {
    const waits = new Durations<'to'>('waits', 'Waits');
    for (const value of [0.0005, 0.0006, 60, 61]) waits.record(value, { to: 'a' });
    const [{ value } = {}] = await pointsOf('waits');
    expect(value).toMatchObject({ count: 4, sum: expect.closeTo(121.0011), min: 0.0005, max: 61 });
    expect(value).toMatchObject({ buckets: { counts: [1, 1, ...Array<number>(13).fill(0), 1, 1] } });
  });

  it('knows labels again in whatever order they come, frozen or not', async () => {
    const trips = new Durations<'from' | 'to'>('trips', 'Trips');
    const kept = Object.freeze({ from: 'a', to: 'b' });
    for (const labels of [kept, kept, { from: 'a', to: 'b' }, { to: 'b', from: 'a' }]) trips.record(1, labels);
    const points = await pointsOf('trips');
    expect(points.map(({ attributes, value }) => [attributes, value])).toMatchObject([[{ from: 'a', to: 'b' }, { count: 4 }]]);
  });

  it('does not grow for ever: past 2000 sets of labels the rest is counted together', async () => {
    const floods = new Durations<'of'>('floods', 'Floods');
    for (let index = 0; index < 2_010; index += 1) floods.record(1, { of: String(index) });
    const points = await pointsOf('floods');
    expect(points).toHaveLength(2_001);
    expect(points.at(-1)).toMatchObject({ attributes: { 'otel.metric.overflow': true }, value: { count: 10 } });
  });

  it('takes no value that is no number', async () => {
    const oddities = new Durations<'of'>('oddities', 'Oddities');
    oddities.record(Number.NaN, { of: 'a' });
    expect(await pointsOf('oddities')).toEqual([]);
  });
});

describe('A counter', () => {
  it('adds up under each set of labels, and takes nothing back', async () => {
    const tries = new Sums<'path' | 'outcome'>('tries', 'Tries');
    tries.add(2, { path: 'a', outcome: 'won' });
    tries.add(3, { outcome: 'won', path: 'a' });
    tries.add(1, Object.freeze({ path: 'a', outcome: 'lost' }));
    for (const value of [-1, Number.NaN]) tries.add(value, { path: 'a', outcome: 'lost' });
    const points = await pointsOf('tries');
    expect(points.map(({ attributes, value }) => [attributes, value])).toEqual([
      [{ path: 'a', outcome: 'won' }, 5],
      [{ path: 'a', outcome: 'lost' }, 1],
    ]);
  });
});
