import { type identity, type Permission, rolePermissions } from '@orrery/contracts';

type Scopes = readonly identity.KeyScope[] | null;

/** What a key may that says nothing of it: to use everything and govern nothing. */
export const permissionsOfMember: readonly Permission[] = rolePermissions.member;

const within = (permissions: readonly Permission[], held: ReadonlySet<Permission>): Permission[] =>
  permissions.filter((permission) => held.has(permission));

/**
 * The scopes that are left of those wished for, when nobody gives away more than they hold. Null stays null where a member's
 * permissions are all held, so that the key keeps up with what members may. Undefined: nothing is left.
 */
export const cut = (scopes: Scopes, held: readonly Permission[]): identity.KeyScope[] | null | undefined => {
  const holds = new Set(held);
  if (scopes === null && permissionsOfMember.every((permission) => holds.has(permission))) return null;
  const wished = scopes ?? [{ permissions: [...permissionsOfMember] }];
  const left = wished.flatMap((scope) => {
    const permissions = within(scope.permissions, holds);
    return permissions.length > 0 ? [{ ...scope, permissions }] : [];
  });
  return left.length > 0 ? left : undefined;
};

/**
 * Whether a key is narrow in a way that a key it made would not be: such a key manages no keys. Permissions are another matter: what it makes
 * is cut to its own.
 */
export const isNarrow = ({ scopes, models, addresses, monthlyTokens, monthlySpend, expiresAt }: Narrowing): boolean =>
  [models, addresses, monthlyTokens, monthlySpend, expiresAt].some((rule) => rule !== null) ||
  (scopes ?? []).some(({ resources }) => resources !== undefined);

type Narrowing = identity.KeyRules & Pick<identity.ApiKeyView, 'expiresAt'>;
