import { type Attributes, ValueType } from '@opentelemetry/api';
import { hrTime } from '@opentelemetry/core';
import { emptyResource } from '@opentelemetry/resources';
import { AggregationTemporality, DataPointType, type HistogramMetricData, type MetricProducer } from '@opentelemetry/sdk-metrics';
import type { Labels, Recorder } from './recorder.ts';

/** From half a millisecond to a minute. */
const usual = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** Sets of labels of one instrument; what has others is counted together, under the name that OpenTelemetry has for it. */
const mostSeries = 2_000;
const overflow: Attributes = { 'otel.metric.overflow': true };

const startTime = hrTime();
const histograms: Durations<string>[] = [];

export interface Scale {
  readonly unit: string;
  readonly boundaries: readonly number[];
}

const usualScale: Scale = { unit: '', boundaries: usual };

/** What happened under one set of labels since the process began. */
class Series {
  readonly attributes: Attributes;
  readonly #boundaries: readonly number[];
  readonly #counts: number[];
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  constructor(attributes: Attributes, boundaries: readonly number[]) {
    this.attributes = attributes;
    this.#boundaries = boundaries;
    this.#counts = new Array<number>(boundaries.length + 1).fill(0);
  }

  record(value: number): void {
    let bucket = 0;
    while (value > (this.#boundaries[bucket] ?? Number.POSITIVE_INFINITY)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count += 1;
    this.#sum += value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  get point(): HistogramMetricData['dataPoints'][number] {
    const value = {
      buckets: { boundaries: [...this.#boundaries], counts: [...this.#counts] },
      count: this.#count,
      sum: this.#sum,
      min: this.#min,
      max: this.#max,
    };
    return { startTime, endTime: hrTime(), attributes: this.attributes, value };
  }
}

/**
 * A histogram, of seconds if nothing else is said. Not the SDK's, which sorts and prints the labels of every value: on a request over the bus that was one
 * part in twenty. Labels that are frozen are known again by their identity.
 */
export class Durations<L extends string> implements Recorder<L> {
  readonly name: string;
  readonly #description: string;
  readonly #scale: Scale;
  readonly #series = new Map<string, Series>();
  readonly #ofFrozen = new WeakMap<Labels<L>, Series>();

  constructor(name: string, description: string, scale = usualScale) {
    this.name = name;
    this.#description = description;
    this.#scale = scale;
    histograms.push(this);
  }

  record(value: number, labels: Labels<L>): void {
    if (!Number.isFinite(value)) return;
    (this.#ofFrozen.get(labels) ?? this.#seriesOf(labels)).record(value);
  }

  get data(): HistogramMetricData {
    return {
      descriptor: { name: this.name, description: this.#description, unit: this.#scale.unit, valueType: ValueType.DOUBLE },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: [...this.#series.values()].map(({ point }) => point),
    };
  }

  #seriesOf(labels: Labels<L>): Series {
    const key = JSON.stringify(Object.entries(labels).sort());
    const series = this.#series.get(key) ?? this.#added(key, { ...labels });
    if (Object.isFrozen(labels)) this.#ofFrozen.set(labels, series);
    return series;
  }

  #added(key: string, labels: Attributes): Series {
    if (this.#series.size >= mostSeries) return this.#series.get('') ?? this.#put('', overflow);
    return this.#put(key, labels);
  }

  #put(key: string, attributes: Attributes): Series {
    const series = new Series(attributes, this.#scale.boundaries);
    this.#series.set(key, series);
    return series;
  }
}

/** Tells the readers of metrics of every histogram that has a value. */
export const durations: MetricProducer = {
  collect: async () => {
    const metrics = histograms.flatMap(({ data }) => (data.dataPoints.length > 0 ? [data] : []));
    return { resourceMetrics: { resource: emptyResource(), scopeMetrics: [{ scope: { name: 'orrery' }, metrics }] }, errors: [] };
  },
};
