import { permissions, rolePermissions, SpacePermission, spacePermissions, whileSuspended } from './permissions.ts';

describe('what a space can give', () => {
  it('is there in the registry', () => {
    for (const permission of spacePermissions) expect(permissions).toContain(permission);
  });

  it('holds the fifteen of the NeoSpace API', () => {
    const theirs = [
      ...['create', 'get', 'list'].map((action) => `benchmarks:${action}`),
      'evaluations:create',
      'leaderboards:list',
      ...['trainings', 'data-models'].flatMap((noun) => ['create', 'delete', 'get', 'list', 'update'].map((action) => `${noun}:${action}`)),
    ];
    expect(theirs).toHaveLength(15);
    for (const permission of theirs) expect(SpacePermission.safeParse(permission).success).toBe(true);
  });

  it.each(['org', 'members', 'invites', 'keys', 'secrets', 'audit', 'billing'])('is nothing of %s', (resource) => {
    expect(spacePermissions.filter((permission) => permission.startsWith(`${resource}:`))).toEqual([]);
  });
});

describe('what a suspension leaves', () => {
  it('is to look, to end work and to pay', () => {
    const changing = whileSuspended(rolePermissions.owner).filter((permission) => !/:(read|get|list)$/.test(permission));
    expect(changing.sort()).toEqual(['billing:manage', 'runs:control']);
  });

  it('is never more than somebody held', () => {
    for (const held of Object.values(rolePermissions))
      expect(whileSuspended(held).every((permission) => held.includes(permission))).toBe(true);
  });
});
