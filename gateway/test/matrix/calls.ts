import { randomUUID } from 'node:crypto';
import type { Operation, PaidOperation } from '@orrery/contracts';
import { sampleValue } from '@orrery/documents';
import type { TableRow } from '../../src/edge/route-table.ts';
import type { Caller, Things } from './cast.ts';
import type { Said, Send, Told } from './people.ts';
import type { Verdict } from './policy.ts';

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const sampleOf = (operation: Operation | PaidOperation): object => {
  if (operation.kind === 'paid') return { model: 'meta/llama' };
  const sample = sampleValue(operation.input, 'input');
  return typeof sample === 'object' && sample !== null ? sample : {};
};

/** What a published API calls by a name of its own. */
const theirs = { key_name: 'sample', roles: ['trainings:list'] };
/** Of some texts a schema does not tell as JSON of which form they are. */
const samples: Readonly<Record<string, unknown>> = {
  email: 'person@example.com',
  emails: ['person@example.com'],
};

/** What the operations of a row take, by our names for it and by names as the published APIs have them. */
export const bodyFor = ({ url, policy }: TableRow): Readonly<Record<string, unknown>> => {
  if ('openTo' in policy) return {};
  const taken = policy.route.operations.flatMap((operation) => Object.entries(sampleOf(operation)));
  const fields = taken.filter(([name]) => !url.includes(`:${name}`));
  const all = Object.fromEntries(fields.map(([name, value]) => [name, samples[name] ?? value]));
  const isOurs = url.startsWith('/orrery/');
  return isOurs ? all : { ...theirs, ...all, ...Object.fromEntries(Object.entries(all).map(([name, value]) => [snake(name), value])) };
};

/** The path with what there is; where nothing is known by that name, an id that nobody has. */
export const pathFor = ({ url, policy }: TableRow, slug: string, things: Things): string => {
  const orgField = 'openTo' in policy ? undefined : policy.route.orgField;
  return url.replace(/:(\w+)|\*/g, (_, field: string | undefined) => {
    return field !== undefined && field === orgField ? slug : ((field && things[field]) ?? randomUUID());
  });
};

/** Reads nothing but what it is asked, and changes nothing. */
const isLook = ({ method }: Pick<TableRow, 'method'>): boolean => method === 'GET' || method === 'HEAD';

/** What a request of this kind brings that may be let in. */
export const wellFormed = (row: TableRow): Said => ({
  method: row.method,
  ...(isLook(row) || row.method === 'DELETE' ? {} : { body: bodyFor(row) }),
});

const unreadable = '{"';

const heard = (row: TableRow, { status }: Told): Verdict | string => {
  // What is open to everybody asks for what it needs by itself.
  if ('openTo' in row.policy) return status < 500 && status !== 429 ? 'in' : `${status}`;
  if (status === 401 || status === 403) return `${status}`;
  // Past the door there is what cannot be read; and whoever only looks, looks.
  if (!isLook(row)) return status === 400 || status === 422 ? 'in' : `${status}`;
  return status < 500 && status !== 429 ? 'in' : `${status}`;
};

/**
 * Calls a route as somebody. Whoever is expected to be turned away sends what would do something, were they let in; whoever is expected
 * to be let in sends what cannot be read, which is looked at only after who sends it: so no call has an effect.
 */
export const callAs = async (
  send: Send,
  row: TableRow,
  { caller, expected, things }: { caller: Caller; expected: Verdict; things: Things },
) => {
  const said = expected === 'in' && !isLook(row) ? { method: row.method, body: unreadable } : wellFormed(row);
  const told = await send(pathFor(row, caller.slug, things), { ...said, headers: caller.headers });
  if (expected === '404' && told.status === 404) return '404';
  return heard(row, told);
};
