import { type identity, type Permission, type Principal, rolePermissions } from '@orrery/contracts';
import type { KnownKey } from './keys.ts';

type Granted = ReadonlyMap<Permission, ReadonlySet<string> | 'everything'>;

const everything = new Map(rolePermissions.member.map((permission) => [permission, 'everything'] as const));

const read = (scopes: readonly identity.KeyScope[]): Granted => {
  const granted = new Map<Permission, Set<string> | 'everything'>();
  for (const { permissions, resources } of scopes) {
    for (const permission of permissions) {
      const known = granted.get(permission) ?? new Set();
      granted.set(permission, resources === undefined || known === 'everything' ? 'everything' : new Set([...known, ...resources]));
    }
  }
  return granted;
};

/** By the key as it came from the snapshot, where it is the same until it changes. */
const grants = new WeakMap<identity.KeySnapshot, Granted>();

const grantOf = (key: identity.KeySnapshot): Granted => {
  const known = grants.get(key) ?? (key.scopes === null ? everything : read(key.scopes));
  grants.set(key, known);
  return known;
};

/** Who acts with a key: it may what was given to it, as far as whoever answers for it holds that here and now. */
export const principalOfKey = ({ key, secret: { userId } }: Pick<KnownKey, 'key' | 'secret'>, held: readonly Permission[]): Principal => {
  const granted = grantOf(key);
  const permissions = held.filter((permission) => granted.has(permission));
  const only: Partial<Record<Permission, string[]>> = {};
  for (const permission of permissions) {
    const resources = granted.get(permission);
    if (resources !== undefined && resources !== 'everything') only[permission] = [...resources];
  }
  return { kind: 'key', id: key.id, userId, permissions, ...(Object.keys(only).length > 0 ? { only } : {}) };
};
