import type { RouteTable, Way } from '../routing/route-table.ts';
import type { Client } from '../shapes/shape.ts';
import { speaksFor } from './speech.ts';

/** The ways to a model, by the first of its names that a route knows, as far as their upstreams can be asked by such a client. */
export const waysTo = (table: RouteTable, names: readonly string[], client: Client): readonly Way[] => {
  const ways = names.map((name) => table.ways(name)).find((each) => each.length > 0) ?? [];
  return ways
    .map((way) => ({ ...way, targets: way.targets.filter((target) => speaksFor(client, target)) }))
    .filter(({ targets }) => targets.length > 0);
};
