import { Durations, type Scale } from './durations.ts';
import { meter } from './meters.ts';
import type { Labels, Recorder } from './recorder.ts';

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

// Made on first use: the SDK must have started by then, and an import has no effect of its own.
export const counter = <L extends string = never>(name: string, description: string): Counter<L> => {
  const instrument = lazy(() => meter().createCounter(name, { description }));
  return { name, add: (value, labels) => instrument().add(value, labels) };
};

export const gauge = <L extends string = never>(name: string, description: string): Recorder<L> => {
  const instrument = lazy(() => meter().createGauge(name, { description }));
  return { name, record: (value, labels) => instrument().record(value, labels) };
};

/** A duration in seconds. */
export const seconds = <L extends string = never>(name: string, description: string): Recorder<L> => new Durations<L>(name, description);

/** Of anything that is counted or measured, on a scale of its own. */
export const histogram = <L extends string = never>(name: string, description: string, scale: Scale): Recorder<L> =>
  new Durations<L>(name, description, scale);
