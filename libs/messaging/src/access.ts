import { type Operation, type PaidOperation, type Permission, type Principal, type RequestContext, resourceOf } from '@orrery/contracts';
import type { Rejection } from '@orrery/kernel';

type Asked = Pick<Operation | PaidOperation, 'access' | 'kind'>;

/** An application that sees a person changes nothing about them. */
const mayLook = (kind: Asked['kind'], principal: Principal): boolean =>
  kind === 'query' && principal.kind === 'app' && principal.seesPerson === true;

/** What is no organization's: whoever runs the platform reads it, too. */
const ofPlatform: ReadonlySet<string> = new Set<Permission>(['catalog:read']);

const allows = ({ access, kind }: Asked, principal: Principal, orgId: string | undefined): boolean => {
  switch (access) {
    case 'public':
      return true;
    case 'user':
    case 'agent':
    case 'service':
      return principal.kind === access;
    case 'session':
      return principal.kind === 'user' || principal.kind === 'pending';
    case 'caller':
      return principal.kind === 'user' || principal.kind === 'key' || mayLook(kind, principal);
    case 'operator':
      return principal.kind === 'operator' || principal.kind === 'service';
  }
  if (principal.kind === 'service' || (principal.kind === 'operator' && ofPlatform.has(access))) return true;
  if (principal.kind !== 'user' && principal.kind !== 'key' && principal.kind !== 'app') return false;
  // The list of permissions is closed, the access of a contract is any string of that form: compare as strings.
  const held: readonly string[] = principal.permissions;
  return orgId !== undefined && held.includes(access);
};

const unauthenticated: Rejection = { code: 'Unauthenticated', details: {} };

/** Why this caller may not, or undefined where it may. */
export const denial = (operation: Asked, { principal, orgId }: Pick<RequestContext, 'principal' | 'orgId'>): Rejection | undefined => {
  if (allows(operation, principal, orgId)) return undefined;
  if (principal.kind === 'nobody') return unauthenticated;
  return principal.kind === 'pending'
    ? { code: 'SecondFactorNeeded', details: {} }
    : { code: 'Forbidden', details: { needs: operation.access } };
};

/** The same once it is known what it is about: a key may hold a permission for some things alone, and then for no list of them. */
export const denialOf = (
  operation: Pick<Operation, 'access' | 'http'>,
  input: unknown,
  { principal }: Pick<RequestContext, 'principal'>,
): Rejection | undefined => {
  if (principal.kind !== 'key' || principal.only === undefined) return undefined;
  const only: Readonly<Record<string, readonly string[] | undefined>> = principal.only;
  const allowed = only[operation.access];
  const resource = resourceOf(operation, input);
  if (allowed === undefined || (resource !== undefined && allowed.includes(resource))) return undefined;
  return { code: 'Forbidden', details: { needs: `${operation.access} for ${resource ?? 'everything'}` } };
};
