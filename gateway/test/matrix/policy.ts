import type { Operation, PaidOperation } from '@orrery/contracts';
import type { TableRow } from '../../src/edge/route-table.ts';
import type { Caller } from './cast.ts';

type Asked = Operation | PaidOperation;

/** `in` is past the door: what the service then says of the request is another matter. */
export type Verdict = 'in' | '401' | '403' | '404';

const allows = ({ access, kind }: Asked, { standing }: Caller): boolean => {
  switch (access) {
    case 'public':
      return true;
    case 'session':
      return standing.kind === 'user' || standing.kind === 'pending';
    case 'user':
      return standing.kind === 'user';
    case 'operator':
      return standing.kind === 'operator' || (standing.kind === 'user' && standing.isAdministrator === true);
    case 'caller':
      return standing.kind === 'user' || standing.kind === 'key' || (standing.kind === 'app' && standing.seesPerson && kind === 'query');
    case 'catalog:read':
      if (standing.kind === 'operator') return true;
      return 'held' in standing && standing.held.includes(access);
    default:
      return 'held' in standing && standing.held.some((permission) => permission === access);
  }
};

/**
 * Whoever makes keys must not get rid of what narrows their own by making one: the contract says so with a refusal of its own. Keys of
 * a person are managed by nothing less than a key of that person that is as wide as there are.
 */
const isTooNarrow = ({ access, refusals }: Asked, { standing }: Caller): boolean => {
  if (!('KeyMayNotManageKeys' in refusals)) return false;
  // What an application was let do ends with the letting.
  if (standing.kind !== 'key') return standing.kind === 'app';
  return standing.hasRules === true || (access === 'caller' && (!standing.isOwn || standing.isScoped === true));
};

/** What a policy means for a caller: derived from the operations of the route and the registry of roles alone, never from a list. */
export const verdictOf = ({ policy }: Pick<TableRow, 'policy'>, caller: Caller): Verdict => {
  if ('openTo' in policy) return 'in';
  const { operations, orgField, spaceField, takesCookie } = policy.route;
  const { standing } = caller;
  if (operations.every(({ access }) => access === 'public')) return 'in';
  if (standing.kind === 'nobody' || standing.kind === 'bad credential') return '401';
  if (caller.isCookie && !takesCookie) return '401';
  if (standing.kind === 'elsewhere' && !(standing.unlessPathNamesSpace && spaceField)) return standing.status === 403 ? '403' : '404';
  // Of the organization that it acts in otherwise, it would hold what an owner holds.
  if (standing.kind === 'elsewhere') return 'in';
  if (standing.kind === 'key' && standing.notIn && orgField) return '403';
  return operations.every((operation) => allows(operation, caller) && !isTooNarrow(operation, caller)) ? 'in' : '403';
};

/** How a policy reads in a table. */
export const wordsOf = ({ policy }: Pick<TableRow, 'policy'>): string =>
  'openTo' in policy ? 'everybody' : [...new Set(policy.route.operations.map(({ access }) => access))].join(' + ');
