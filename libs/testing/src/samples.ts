import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** An event as it was stored when its version was published. */
export interface StoredSample {
  /** `RunSubmitted.v1` */
  readonly type: string;
  readonly data: object;
}

/**
 * A sample of every version of every event a service has ever published. What a log holds is never rewritten, so each must load:
 * `it.each(storedSamples('execution'))('$type still loads', ({ type, data }) => …registry.read(type, data)…)`.
 */
export const storedSamples = (service: string, checkout: string = process.cwd()): readonly StoredSample[] => {
  const folder = join(checkout, 'libs/contracts/samples', service);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
};
