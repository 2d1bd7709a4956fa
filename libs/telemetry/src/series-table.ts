import type { Attributes } from '@opentelemetry/api';
import type { Labels } from './recorder.ts';

/** Sets of labels of one instrument; what has others is counted together, under the name that OpenTelemetry has for it. */
const mostSeries = 2_000;
const overflow: Attributes = { 'otel.metric.overflow': true };

/**
 * What an instrument knows, one series for each set of labels. The SDK sorts and prints the labels of every value: on the way of a request that was one
 * part in twenty. Labels that are frozen are known again by their identity, others as they are written.
 */
export class SeriesTable<L extends string, S> {
  readonly #make: (attributes: Attributes) => S;
  /** By their labels in order. */
  readonly #series = new Map<string, S>();
  /** By their labels as somebody wrote them. */
  readonly #asWritten = new Map<string, S>();
  readonly #ofFrozen = new WeakMap<Labels<L>, S>();

  constructor(make: (attributes: Attributes) => S) {
    this.#make = make;
  }

  get all(): readonly S[] {
    return [...this.#series.values()];
  }

  of(labels: Labels<L>): S {
    return this.#ofFrozen.get(labels) ?? this.#found(labels);
  }

  #found(labels: Labels<L>): S {
    let written = '';
    for (const name in labels) written += `${name}\0${labels[name]}\0`;
    const series = this.#asWritten.get(written) ?? this.#ordered(labels, written);
    if (Object.isFrozen(labels)) this.#ofFrozen.set(labels, series);
    return series;
  }

  #ordered(labels: Labels<L>, written: string): S {
    const key = JSON.stringify(Object.entries(labels).sort());
    const series = this.#series.get(key) ?? this.#added(key, { ...labels });
    if (this.#asWritten.size < mostSeries) this.#asWritten.set(written, series);
    return series;
  }

  #added(key: string, labels: Attributes): S {
    if (this.#series.size >= mostSeries) return this.#series.get('') ?? this.#put('', overflow);
    return this.#put(key, labels);
  }

  #put(key: string, attributes: Attributes): S {
    const series = this.#make(attributes);
    this.#series.set(key, series);
    return series;
  }
}
