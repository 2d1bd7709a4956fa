import { randomUUID } from 'node:crypto';
import { identity, rolePermissions } from '@orrery/contracts';
import { principalOfKey } from './key-principal.ts';

const userId = randomUUID();
const keyWith = (scopes: identity.KeyScope[] | null) => {
  const secret = { hash: 'a'.repeat(64), userId, until: null };
  const rules = { scopes, models: null, addresses: null, monthlyTokens: null, monthlySpend: null, spaceId: null };
  const key = identity.KeySnapshot.parse({ id: randomUUID(), orgId: randomUUID(), secrets: [secret], ...rules, expiresAt: null });
  return { key, secret: identity.KeySecret.parse(secret) };
};
const may = (scopes: identity.KeyScope[] | null, held = rolePermissions.owner) => {
  const principal = principalOfKey(keyWith(scopes), held);
  return principal.kind === 'key' ? { permissions: principal.permissions, only: principal.only } : undefined;
};

describe('A key', () => {
  it('without scopes may what a member may', () => {
    expect(new Set(may(null)?.permissions)).toEqual(new Set(rolePermissions.member));
    expect(may(null)?.only).toBeUndefined();
  });

  it('never holds more than whoever answers for it does here and now', () => {
    expect(new Set(may(null, rolePermissions.viewer)?.permissions)).toEqual(
      new Set(rolePermissions.viewer.filter((permission) => rolePermissions.member.includes(permission))),
    );
    expect(may([{ permissions: ['billing:manage', 'runs:read'] }], rolePermissions.admin)?.permissions).toEqual(['runs:read']);
    expect(may([{ permissions: ['runs:read'] }], [])?.permissions).toEqual([]);
  });

  it('holds a permission for what its scopes name, all of them together', () => {
    expect(
      may([
        { permissions: ['runs:read', 'logs:read'], resources: ['a'] },
        { permissions: ['runs:read'], resources: ['b'] },
      ]),
    ).toEqual({
      permissions: ['runs:read', 'logs:read'],
      only: { 'runs:read': ['a', 'b'], 'logs:read': ['a'] },
    });
  });

  it('holds a permission for everything where one of its scopes says so, in whatever order', () => {
    const [some, all] = [{ permissions: ['runs:read' as const], resources: ['a'] }, { permissions: ['runs:read' as const] }];
    for (const scopes of [
      [some, all],
      [all, some],
    ]) {
      expect(may(scopes)).toEqual({ permissions: ['runs:read'], only: undefined });
    }
  });

  it('acts for whoever answers for its secret', () => {
    expect(principalOfKey(keyWith(null), [])).toMatchObject({ kind: 'key', userId });
  });
});
