import { Durations, type Scale } from './durations.ts';
import { meter } from './meters.ts';
import type { Labels, Recorder } from './recorder.ts';
import { Sums } from './sums.ts';

export interface Counter<L extends string> {
  readonly name: string;
  add(value: number, labels: Labels<L>): void;
}

const lazy = <T>(make: () => T): (() => T) => {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
};

export const counter = <L extends string = never>(name: string, description: string): Counter<L> => new Sums<L>(name, description);

// Made on first use: the SDK must have started by then, and an import has no effect of its own.
export const gauge = <L extends string = never>(name: string, description: string): Recorder<L> => {
  const instrument = lazy(() => meter().createGauge(name, { description }));
  return { name, record: (value, labels) => instrument().record(value, labels) };
};

/** A duration in seconds. */
export const seconds = <L extends string = never>(name: string, description: string): Recorder<L> => new Durations<L>(name, description);

/** Of anything that is counted or measured, on a scale of its own. */
export const histogram = <L extends string = never>(name: string, description: string, scale: Scale): Recorder<L> =>
  new Durations<L>(name, description, scale);
