import type { Labels, Matchers } from './labels.ts';

/** One measurement of one series. (metric, labels, at) names it: sent again it changes nothing. */
export interface Sample {
  /** Such as `gpuUtilizationPercent`. */
  readonly metric: string;
  readonly labels: Labels;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly value: number;
}

export type Aggregate = 'avg' | 'min' | 'max' | 'sum' | 'count' | 'last';

export interface MetricQuery {
  readonly metrics: readonly string[];
  readonly labels: Matchers;
  /** Milliseconds since the epoch; `from` is included, `to` is not. */
  readonly from: number;
  readonly to: number;
  /** Points are `from`, `from + stepMs`, …; each tells of the samples from its own time to the next. */
  readonly stepMs: number;
  /** How the samples of one series within one step become one value. */
  readonly aggregate: Aggregate;
  /** Series that agree in these labels become one; absent: every series stays by itself. */
  readonly by?: readonly string[];
  /** How series become one, step by step. */
  readonly across?: Exclude<Aggregate, 'last'>;
}

export interface Point {
  readonly at: number;
  readonly value: number;
}

export interface Series {
  readonly metric: string;
  readonly labels: Labels;
  /** In the order of time; a step without samples has no point. */
  readonly points: readonly Point[];
}

/** More points than one answer may hold: a longer step or a shorter time is needed. */
export class TooManyPoints extends Error {
  override readonly name = 'TooManyPoints';
  readonly points: number;
  readonly limit: number;
  constructor(points: number, limit: number) {
    super(`${points} points for each series are asked for, ${limit} are allowed`);
    this.points = points;
    this.limit = limit;
  }
}

/** For each series, as Prometheus has it. */
export const mostPoints = 11_000;

/** How many points a query asks for; throws `TooManyPoints` where it is too many. */
export const pointsOf = ({ from, to, stepMs }: Pick<MetricQuery, 'from' | 'to' | 'stepMs'>): number => {
  if (!(stepMs >= 1)) throw new RangeError('a step is at least a millisecond');
  const points = Math.max(0, Math.ceil((to - from) / stepMs));
  if (points > mostPoints) throw new TooManyPoints(points, mostPoints);
  return points;
};

/** Measurements, kept for a while. */
export interface MetricStore {
  append(samples: readonly Sample[]): Promise<{ readonly added: number; readonly repeated: number; readonly outside: number }>;
  range(query: MetricQuery): Promise<readonly Series[]>;
  /** The newest sample of each series since `from`. */
  latest(query: Pick<MetricQuery, 'metrics' | 'labels' | 'from'>): Promise<readonly Sample[]>;
}
