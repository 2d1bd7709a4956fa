import { type Attributes, ValueType } from '@opentelemetry/api';
import { hrTime } from '@opentelemetry/core';
import { AggregationTemporality, DataPointType, type SumMetricData } from '@opentelemetry/sdk-metrics';
import { keep } from './own-metrics.ts';
import type { Labels } from './recorder.ts';
import { SeriesTable } from './series-table.ts';

const startTime = hrTime();

interface Sum {
  readonly attributes: Attributes;
  value: number;
}

/** A counter: what was added under each set of labels since the process began. */
export class Sums<L extends string> {
  readonly name: string;
  readonly #description: string;
  readonly #sums = new SeriesTable<L, Sum>((attributes) => ({ attributes, value: 0 }));

  constructor(name: string, description: string) {
    this.name = name;
    this.#description = description;
    keep(this);
  }

  /** It never goes back: what is less than nothing is not added. */
  add(value: number, labels: Labels<L>): void {
    if (value >= 0) this.#sums.of(labels).value += value;
  }

  get data(): SumMetricData {
    const endTime = hrTime();
    return {
      descriptor: { name: this.name, description: this.#description, unit: '', valueType: ValueType.DOUBLE },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      dataPoints: this.#sums.all.map(({ attributes, value }) => ({ startTime, endTime, attributes, value })),
    };
  }
}
