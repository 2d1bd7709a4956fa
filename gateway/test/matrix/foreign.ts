import { randomUUID } from 'node:crypto';
import type { TableRow } from '../../src/edge/route-table.ts';
import { pathFor, wellFormed } from './calls.ts';
import type { Caller, Cast, Things } from './cast.ts';
import { type Send, sender, type Told } from './people.ts';

/** Of these names of fields, each holds an id that nobody else may use. An invite's token may be its id, to whom it is for. */
const idsOf = ({ token: _, name: __, ...ids }: Things): Things => ({ ...ids, token: ids['inviteId'] ?? '' });

export interface Foreign {
  readonly route: string;
  readonly caller: Caller;
  readonly row: TableRow;
  /** Whose ids the path may hold: another organization's, or nobody's. */
  readonly theirs: Things;
  readonly nobodys: () => Things;
}

const fieldsOf = ({ url, policy }: TableRow): readonly string[] => {
  const places = 'openTo' in policy ? [] : [policy.route.orgField];
  return [...url.matchAll(/:(\w+)/g)].flatMap(([, field]) => (field === undefined || places.includes(field) ? [] : [field]));
};

/** Every route that takes an id which belongs to somebody, called by an owner of another organization. */
export const foreignCalls = (routes: readonly TableRow[], { people, stranger, things }: Cast): readonly Foreign[] => {
  const theirs = idsOf(things);
  const standing = { kind: 'user', held: [] } as const;
  const caller: Caller = { name: 'stranger', headers: people.as(stranger, stranger.slug), standing, slug: stranger.slug };
  const isOwnersAlone = (row: TableRow) =>
    'route' in row.policy && row.policy.route.operations.every(({ access }) => access !== 'public' && access !== 'operator');
  return routes
    .filter((row) => isOwnersAlone(row) && row.method !== 'HEAD' && fieldsOf(row).some((field) => field in theirs))
    .map((row) => {
      const nobodys = () => Object.fromEntries(Object.keys(theirs).map((field) => [field, randomUUID()]));
      return { route: `${row.method} ${row.url}`, caller, row, theirs, nobodys };
    });
};

export const callWith = (send: Send, { row, caller }: Foreign, things: Things): Promise<Told> =>
  send(pathFor(row, caller.slug, things), { ...wellFormed(row), headers: caller.headers });

/** What is told, without the ids that were sent and those that every answer has of its own. */
export const wordsIn = ({ status, text }: Told, things: Things): string => {
  const ids = [...new Set(Object.values(things))].filter((id) => id.length > 8);
  const masked = ids.reduce((words, id) => words.replaceAll(id, '<id>'), text);
  return `${status} ${masked.replace(/[0-9a-f]{32}/g, '<trace>')}`;
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** How much longer one takes than the other, the longer one first; called in turns, so that whatever else goes on slows both. */
export const ratioOf = async (url: string, foreign: Foreign, calls: number): Promise<number> => {
  const send = sender(url);
  const took = { theirs: [] as number[], nobodys: [] as number[] };
  for (let turn = 0; turn < calls; turn += 1) {
    const first = turn % 2 === 0 ? (['theirs', 'nobodys'] as const) : (['nobodys', 'theirs'] as const);
    for (const whose of first) {
      const things = whose === 'theirs' ? foreign.theirs : foreign.nobodys();
      const startedAt = performance.now();
      await callWith(send, foreign, things);
      took[whose].push(performance.now() - startedAt);
    }
  }
  const [a, b] = [median(took.theirs), median(took.nobodys)];
  return Math.max(a, b) / Math.min(a, b);
};
