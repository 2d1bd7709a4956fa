import { type Attributes, ValueType } from '@opentelemetry/api';
import { hrTime } from '@opentelemetry/core';
import { AggregationTemporality, DataPointType, type HistogramMetricData } from '@opentelemetry/sdk-metrics';
import { keep } from './own-metrics.ts';
import type { Labels, Recorder } from './recorder.ts';
import { SeriesTable } from './series-table.ts';

/** From half a millisecond to a minute. */
const usual = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

const startTime = hrTime();

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

/** A histogram, of seconds if nothing else is said. */
export class Durations<L extends string> implements Recorder<L> {
  readonly name: string;
  readonly #description: string;
  readonly #scale: Scale;
  readonly #series: SeriesTable<L, Series>;

  constructor(name: string, description: string, scale = usualScale) {
    this.name = name;
    this.#description = description;
    this.#scale = scale;
    this.#series = new SeriesTable((attributes) => new Series(attributes, scale.boundaries));
    keep(this);
  }

  record(value: number, labels: Labels<L>): void {
    if (!Number.isFinite(value)) return;
    this.#series.of(labels).record(value);
  }

  get data(): HistogramMetricData {
    return {
      descriptor: { name: this.name, description: this.#description, unit: this.#scale.unit, valueType: ValueType.DOUBLE },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: this.#series.all.map(({ point }) => point),
    };
  }
}
