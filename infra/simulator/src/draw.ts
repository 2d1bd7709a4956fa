import { gpuMilliOf } from '@orrery/execution/scheduling';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { CopyNames } from './copies.ts';
import type { Pod } from './openb.ts';

/** Chance with a memory: the same seed gives the same numbers. */
export interface Chance {
  /** An integer in [0, n). */
  readonly below: (n: number) => number;
  /** A number in [0, 1). */
  readonly share: () => number;
}

export const chanceOf = (seed: number): Chance => {
  const generator = xoroshiro128plus(seed);
  return { below: (n) => uniformInt(generator, 0, n - 1), share: () => uniformFloat64(generator) };
};

const shuffled = <T>(items: readonly T[], { below }: Chance): T[] => {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = below(last + 1);
    const [a, b] = [result[last], result[other]];
    if (a !== undefined && b !== undefined) [result[last], result[other]] = [b, a];
  }
  return result;
};

/**
 * Arrivals of the method of FGD's table: pods of the list in random order, each once, then at random, until they ask for `gpus` times
 * `inflate` GPUs; then shuffled.
 */
export const drawn = (pods: readonly Pod[], gpus: number, inflate: number, chance: Chance): readonly Pod[] => {
  const goal = gpus * 1_000 * inflate;
  const result: Pod[] = [];
  let asked = 0;
  const add = (pod: Pod): void => {
    result.push(pod);
    asked += gpuMilliOf(pod);
  };
  for (const pod of shuffled(pods, chance)) {
    if (asked >= goal) break;
    add(pod);
  }
  const asksForGpus = asked > 0;
  while (asksForGpus && asked < goal) {
    const pod = pods[chance.below(pods.length)];
    if (pod) add(pod);
  }
  const names = new CopyNames(pods.map(({ name }) => name));
  return shuffled(result, chance).map((pod) => ({ ...pod, name: names.next(pod.name) }));
};
