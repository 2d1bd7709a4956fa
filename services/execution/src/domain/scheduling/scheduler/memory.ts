import type { Usage } from '../admission/usage.ts';
import type { MixReading } from '../placement/mix.ts';
import type { PolicyName } from '../placement/policies.ts';
import type { Core } from './core.ts';

/** What a scheduler knows of work that is over, as JSON carries it: all else follows from the facts of what is open. */
export interface SchedulerMemory {
  readonly usage: Usage;
  readonly mixes: readonly (readonly [PolicyName, MixReading])[];
}

export const memoryOf = (core: Core): SchedulerMemory => ({
  usage: core.tree.usage(),
  mixes: [...core.allPlacers].map(([name, placer]) => [name, placer.reading()]),
});

/** Where the two do not hold the same nothing is taken over, and the answer is where; null: all is. */
export const recallInto = (core: Core, { usage, mixes }: SchedulerMemory): string | null => {
  const difference = core.tree.recall(usage);
  if (difference !== null) return difference;
  for (const [name, reading] of mixes) core.placerNamed(name).expect(reading);
  return null;
};
