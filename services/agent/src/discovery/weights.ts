import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execution } from '@orrery/contracts';

/** They change when somebody lays some down, which takes longer. */
const freshMs = 60_000;

const namesIn = (directory: string): string[] => {
  try {
    const names = readdirSync(directory).filter((name) => execution.WeightsName.safeParse(name).success);
    return names.sort().slice(0, execution.mostWeights);
  } catch {
    // Not there yet, or not for us: nothing that a program could use either.
    return [];
  }
};

/** Names of the weights in a directory, looked at once a minute. */
export const watchWeights = (directory: string, now: () => number): (() => readonly string[]) => {
  let known: { readonly at: number; readonly names: readonly string[] } | undefined;
  return () => {
    if (!known || now() - known.at >= freshMs) known = { at: now(), names: namesIn(directory) };
    return known.names;
  };
};

/** Where those of them lie that are there. */
export const pathsOf = (directory: string | undefined, names: readonly string[] = []): readonly string[] =>
  directory === undefined ? [] : names.map((name) => join(directory, name)).filter((path) => existsSync(path));
