import { metrics, traceIdNow, traceparentNow, withSpan } from '@orrery/telemetry';
import { ClaimTaken, Repeated, VersionConflict } from './errors.ts';
import type { Unit } from './unit.ts';

const outcomeOf = (error: unknown): string => {
  if (error instanceof Repeated) return 'repeated';
  return error instanceof VersionConflict || error instanceof ClaimTaken ? 'conflict' : 'failed';
};

const timed = async <T>(service: string, unit: Unit, work: (unit: Unit) => Promise<T>): Promise<T> => {
  const started = performance.now();
  const record = (outcome: string): void => metrics.append.record((performance.now() - started) / 1_000, { service, outcome });
  try {
    const result = await work(unit);
    record('committed');
    return result;
  } catch (error) {
    record(outcomeOf(error));
    throw error;
  }
};

const traced = (unit: Unit): Unit => {
  if (unit.metadata.traceparent !== undefined) return unit;
  const traceparent = traceparentNow();
  return traceparent === undefined ? unit : { ...unit, metadata: { ...unit.metadata, traceparent } };
};

/** Times an append, and gives it a span where it is part of a trace; its events then point back at that span. */
export const measured = <T>(service: string, unit: Unit, work: (unit: Unit) => Promise<T>): Promise<T> => {
  if (traceIdNow() === undefined) return timed(service, unit, work);
  const attributes = { 'orrery.streams': unit.appends.map(({ stream }) => stream) };
  return withSpan('append', { attributes, orgId: unit.metadata.orgId }, () => timed(service, traced(unit), work));
};
