import type pg from 'pg';
import { Conditions } from './conditions.ts';
import { dayOf } from './days.ts';
import { canonical, type Labels, type Matchers } from './labels.ts';
import { type Aggregate, type MetricQuery, type MetricStore, type Point, pointsOf, type Sample, type Series } from './metric-store.ts';
import { Names } from './names.ts';
import type { Partitions } from './partitions.ts';

interface SeriesRow {
  readonly id: number;
  readonly metric: string;
  readonly labels: Record<string, string>;
}

interface Group {
  readonly metric: string;
  readonly labels: Labels;
  readonly points: Point[];
}

const nameSeries = `INSERT INTO metric_series AS s (metric, labels, key, last_day)
  SELECT m, l::jsonb, k, d FROM unnest($1::text[], $2::text[], $3::text[], $4::int[]) AS t (m, l, k, d)
  ON CONFLICT (metric, key) DO UPDATE SET last_day = greatest(s.last_day, excluded.last_day)
  RETURNING s.metric || ' ' || s.key AS key, s.id`;
const insert = `INSERT INTO metric_samples (series, at, value)
  SELECT s, a, v FROM unnest($1::bigint[], $2::bigint[], $3::float8[]) AS t (s, a, v) ORDER BY s, a ON CONFLICT DO NOTHING`;
const batchSize = 5_000;
const mostSeries = 10_000;

const within: Readonly<Record<Aggregate, string>> = {
  avg: 'avg(m.value)',
  min: 'min(m.value)',
  max: 'max(m.value)',
  sum: 'sum(m.value)',
  count: 'count(m.value)::float8',
  last: '(array_agg(m.value ORDER BY m.at DESC))[1]',
};
const across: Readonly<Record<Exclude<Aggregate, 'last'>, string>> = {
  avg: 'avg(value)',
  min: 'min(value)',
  max: 'max(value)',
  sum: 'sum(value)',
  count: 'count(value)::float8',
};

const keyOf = ({ metric, labels }: Pick<Sample, 'metric' | 'labels'>): string => `${metric} ${canonical(labels)}`;

const keptLabels = (labels: Labels, by: readonly string[] | undefined): Labels =>
  by ? Object.fromEntries(Object.entries(labels).filter(([name]) => by.includes(name))) : labels;

export class PostgresMetrics implements MetricStore {
  private readonly pool: pg.Pool;
  private readonly partitions: Partitions;
  private readonly names: Names;

  constructor(pool: pg.Pool, partitions: Partitions) {
    this.pool = pool;
    this.partitions = partitions;
    this.names = new Names(pool, { text: nameSeries, columns: 3 });
  }

  async append(samples: readonly Sample[]): Promise<{ added: number; repeated: number; outside: number }> {
    const kept = samples.filter(({ at, value }) => this.partitions.holds(at) && Number.isFinite(value));
    await this.partitions.ensure(kept.map(({ at }) => dayOf(at)));
    let added = 0;
    for (let start = 0; start < kept.length; start += batchSize) added += await this.write(kept.slice(start, start + batchSize));
    return { added, repeated: kept.length - added, outside: samples.length - kept.length };
  }

  async range(query: MetricQuery): Promise<readonly Series[]> {
    if (pointsOf(query) === 0) return [];
    const chosen = await this.seriesOf(query.metrics, query.labels);
    const groups = new Map<string, Group>();
    const numbers = new Map<string, number>();
    const memberOf = chosen.map(({ metric, labels }) => {
      const kept = keptLabels(labels, query.by);
      const key = keyOf({ metric, labels: kept });
      if (!groups.has(key)) {
        numbers.set(key, groups.size);
        groups.set(key, { metric, labels: kept, points: [] });
      }
      return numbers.get(key);
    });
    const found = [...groups.values()];
    for (const { number, step, value } of await this.steps(
      query,
      chosen.map(({ id }) => id),
      memberOf,
    )) {
      found[number]?.points.push({ at: query.from + step * query.stepMs, value });
    }
    return found.filter(({ points }) => points.length > 0);
  }

  async latest({ metrics, labels, from }: Pick<MetricQuery, 'metrics' | 'labels' | 'from'>): Promise<readonly Sample[]> {
    const chosen = await this.seriesOf(metrics, labels);
    const { rows } = await this.pool.query<{ id: number; at: number; value: number }>({
      name: 'latest-samples',
      text: `SELECT c.id, m.at, m.value FROM unnest($1::bigint[]) AS c (id)
        CROSS JOIN LATERAL (SELECT at, value FROM metric_samples WHERE series = c.id AND at >= $2 ORDER BY at DESC LIMIT 1) AS m`,
      values: [chosen.map(({ id }) => id), from],
    });
    const byId = new Map(chosen.map((series) => [series.id, series]));
    return rows.flatMap(({ id, at, value }) => {
      const series = byId.get(id);
      return series ? [{ metric: series.metric, labels: series.labels, at, value }] : [];
    });
  }

  /** Drops the days that are too old and the series that ended before them. */
  async retain(): Promise<number> {
    const dropped = await this.partitions.drop();
    await this.pool.query('DELETE FROM metric_series WHERE last_day < $1', [this.partitions.oldest]);
    this.names.forget();
    return dropped;
  }

  private async seriesOf(metrics: readonly string[], labels: Matchers): Promise<readonly SeriesRow[]> {
    const where = new Conditions();
    where.add(`metric = ANY(${where.value([...metrics])}::text[])`).labels('labels', labels);
    const { rows } = await this.pool.query<SeriesRow>(
      `SELECT id, metric, labels FROM metric_series WHERE ${where} ORDER BY metric, key LIMIT ${mostSeries}`,
      where.values,
    );
    return rows;
  }

  private async steps(
    query: MetricQuery,
    ids: readonly number[],
    memberOf: readonly (number | undefined)[],
  ): Promise<readonly { number: number; step: number; value: number }[]> {
    const { rows } = await this.pool.query<{ number: number; step: number; value: number }>(
      `SELECT number, step, ${across[query.across ?? 'avg']} AS value FROM (
         SELECT c.number, m.series, (m.at - $3) / $5 AS step, ${within[query.aggregate]} AS value
         FROM unnest($1::bigint[], $2::int[]) AS c (id, number)
         JOIN metric_samples m ON m.series = c.id AND m.at >= $3::bigint AND m.at < $4::bigint
         GROUP BY c.number, m.series, step) AS stepped
       GROUP BY number, step ORDER BY number, step`,
      [ids, memberOf, query.from, query.to, query.stepMs],
    );
    return rows;
  }

  private async write(samples: readonly Sample[]): Promise<number> {
    const keys = samples.map(keyOf);
    const named = samples.map(({ metric, labels, at }, index) => ({
      key: keys[index] ?? '',
      row: [metric, JSON.stringify(labels), canonical(labels)],
      day: dayOf(at),
    }));
    const ids = await this.names.idsOf(named);
    const { rowCount } = await this.pool.query({
      name: 'append-samples',
      text: insert,
      values: [keys.map((key) => ids.get(key)), samples.map(({ at }) => at), samples.map(({ value }) => value)],
    });
    return rowCount ?? 0;
  }
}
