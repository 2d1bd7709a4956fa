import type { RouteTable, RouteTarget, Way } from '../routing/route-table.ts';
import type { Client } from '../shapes/shape.ts';
import { speaksFor } from './speech.ts';

const nowhere: readonly Way[] = [];

const byFirst = (table: RouteTable, names: readonly string[]): readonly Way[] => {
  for (const name of names) {
    const ways = table.ways(name);
    if (ways.length > 0) return ways;
  }
  return nowhere;
};

/** The ways to a model, by the first of its names that a route knows, as far as their upstreams can be asked by such a client. */
export const waysTo = (table: RouteTable, names: readonly string[], client: Client): readonly Way[] => {
  const ways = byFirst(table, names);
  const speaks = (target: RouteTarget): boolean => speaksFor(client, target);
  // Nearly always all of them can, and nothing is made anew.
  if (ways.every(({ targets }) => targets.length > 0 && targets.every(speaks))) return ways;
  return ways.map((way) => ({ ...way, targets: way.targets.filter(speaks) })).filter(({ targets }) => targets.length > 0);
};
