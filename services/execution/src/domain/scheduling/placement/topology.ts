import type { Place } from './place.ts';

/** Candidates by their island, the fullest island first. */
const byIsland = ({ islands = [] }: Place, candidates: readonly number[]): readonly (readonly number[])[] => {
  const found = new Map<number, number[]>();
  for (const index of candidates) {
    const island = islands[index] ?? -1;
    const same = found.get(island);
    if (same) same.push(index);
    else found.set(island, [index]);
  }
  return [...found.values()].sort((a, b) => a.length - b.length);
};

/**
 * So many of the candidates, of as few NVLink islands as will do; of several that suffice the fullest, so that whole ones stay whole.
 */
export const pickByIslands = (place: Place, candidates: readonly number[], count: number): readonly number[] => {
  const islands = [...byIsland(place, candidates)];
  const picked: number[] = [];
  while (picked.length < count) {
    const missing = count - picked.length;
    const enough = islands.findIndex((island) => island.length >= missing);
    const [island = []] = islands.splice(enough === -1 ? islands.length - 1 : enough, 1);
    if (island.length === 0) break;
    picked.push(...island.slice(0, missing));
  }
  return picked.sort((a, b) => a - b);
};

/** How many islands these GPUs are of. */
export const islandsOf = ({ islands = [] }: Place, gpus: readonly number[]): number =>
  new Set(gpus.map((index) => islands[index] ?? -1)).size;
