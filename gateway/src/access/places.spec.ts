import { identity, type OrgRole, rolePermissions, whileSuspended } from '@orrery/contracts';
import { fed } from '../../test/fixtures/fed.ts';
import { Orgs } from './orgs.ts';
import { type Found, Places, type Whereto } from './places.ts';
import { Snapshot } from './snapshot.ts';

const id = (last: number): string => `0190f3a2-7c4e-7d10-9a8b-${String(last).padStart(12, '0')}`;
const [ada, acme, home, other] = [id(1), id(2), id(3), id(4)];
const [labs, vault, attic] = [id(11), id(12), id(13)];

const org = (orgId: string, slug: string, more: { isSuspended?: boolean; spaces?: readonly string[] } = {}) =>
  identity.OrgSnapshot.parse({ orgId, slug, isSuspended: more.isSuspended ?? false, spaces: more.spaces ?? [] });

interface Known {
  readonly roles?: readonly (readonly [string, OrgRole])[];
  readonly defaultOrgId?: string;
  readonly spaces?: readonly (readonly [string, string, readonly string[]])[];
}

const world = ({ roles = [], defaultOrgId, spaces = [] }: Known) => {
  const orgs = new Orgs();
  const members = new Snapshot<identity.MemberSnapshot>();
  const [feedOrgs, feedMembers] = [fed(orgs.snapshot), fed(members)];
  feedOrgs.put(acme, org(acme, 'acme', { spaces: [labs] }));
  feedOrgs.put(home, org(home, 'home'));
  feedOrgs.put(other, org(other, 'other', { spaces: [vault] }));
  feedMembers.put(
    ada,
    identity.MemberSnapshot.parse({
      userId: ada,
      defaultOrgId: defaultOrgId ?? roles[0]?.[0] ?? null,
      memberships: roles.map(([orgId, role]) => ({ orgId, role })),
      spaces: spaces.map(([spaceId, orgId, permissions]) => ({ spaceId, orgId, permissions })),
    }),
  );
  const places = new Places(orgs, members, 1_000);
  const look = (whereto: Whereto = {}): Found => places.look(ada, whereto);
  return { orgs, members, feedOrgs, feedMembers, places, look };
};

const held = (found: Found) => ('place' in found ? [...found.place.permissions].sort() : found);
const sorted = (permissions: readonly string[]) => [...permissions].sort();

describe('Where somebody acts', () => {
  it('is the organization that is named, else the default one', () => {
    const { look } = world({
      roles: [
        [home, 'owner'],
        [acme, 'viewer'],
      ],
      defaultOrgId: acme,
    });
    expect(look()).toMatchObject({ place: { orgId: acme } });
    expect(look({ slug: 'home' })).toMatchObject({ place: { orgId: home } });
    expect(look({ orgId: home })).toMatchObject({ place: { orgId: home } });
  });

  it('is nowhere for a slug that nobody has, one that others have, and for who is in none', () => {
    const { look, places } = world({ roles: [[home, 'owner']] });
    expect(look({ slug: 'nobody' })).toEqual({ nowhere: 'OrgNotFound' });
    expect(look({ slug: 'acme' })).toEqual({ nowhere: 'NotAMember' });
    expect(look({ orgId: home, slug: 'acme' })).toEqual({ nowhere: 'NotAMember' });
    expect(places.look(id(99), {})).toEqual({ nowhere: 'NoOrganization' });
  });

  it('is another organization where the default one has gone a moment ago', () => {
    const { look, feedOrgs } = world({
      roles: [
        [home, 'owner'],
        [acme, 'viewer'],
      ],
    });
    feedOrgs.drop(home);
    expect(look()).toMatchObject({ place: { orgId: acme } });
    feedOrgs.drop(acme);
    expect(look()).toEqual({ nowhere: 'NoOrganization' });
    expect(look({ orgId: acme })).toEqual({ nowhere: 'NotAMember' });
  });

  it('follows an organization to its new slug, also where another one takes the old', () => {
    const { look, feedOrgs } = world({ roles: [[home, 'owner']] });
    feedOrgs.put(acme, org(acme, 'home'));
    feedOrgs.put(home, org(home, 'castle'));
    expect(look({ slug: 'castle' })).toMatchObject({ place: { orgId: home } });
    expect(look({ slug: 'home' })).toEqual({ nowhere: 'NotAMember' });
    feedOrgs.drop(acme);
    expect(look({ slug: 'home' })).toEqual({ nowhere: 'OrgNotFound' });
  });

  it.each(Object.keys(rolePermissions) as OrgRole[])('gives the permissions of a role: %s', (role) => {
    expect(held(world({ roles: [[acme, role]] }).look())).toEqual(sorted(rolePermissions[role]));
  });

  it('gives what a suspension leaves', () => {
    const { look, feedOrgs } = world({ roles: [[acme, 'owner']] });
    feedOrgs.put(acme, org(acme, 'acme', { isSuspended: true }));
    expect(look()).toMatchObject({ place: { isSuspended: true } });
    expect(held(look())).toEqual(sorted(whileSuspended(rolePermissions.owner)));
  });
});

describe('In a space', () => {
  it('somebody holds what the space gave, sees it, and nothing of what their role gives', () => {
    const { look } = world({ roles: [[acme, 'member']], spaces: [[labs, acme, ['runs:read', 'trainings:list']]] });
    const found = look({ spaceInHeader: labs });
    expect(found).toMatchObject({ place: { orgId: acme, spaceId: labs } });
    expect(held(found)).toEqual(sorted(['catalog:read', 'spaces:read', 'runs:read', 'trainings:list']));
  });

  it.each(['owner', 'admin'] as const)('an %s holds what they hold in the organization', (role) => {
    const { look } = world({ roles: [[acme, role]], spaces: [[labs, acme, ['runs:read']]] });
    expect(held(look({ spaceInHeader: labs }))).toEqual(sorted(rolePermissions[role]));
  });

  it('a guest acts in its organization without being a member', () => {
    const { look } = world({ roles: [[home, 'owner']], spaces: [[vault, other, ['runs:read']]] });
    expect(look({ spaceInPath: vault })).toMatchObject({ place: { orgId: other, spaceId: vault } });
    expect(look({ slug: 'other' })).toEqual({ nowhere: 'NotAMember' });
    expect(look({ slug: 'home', spaceInHeader: vault })).toEqual({ nowhere: 'SpaceNotFound' });
  });

  it('nobody acts whom it was not opened to, nor anybody once it is deleted', () => {
    const { look, feedOrgs } = world({ roles: [[acme, 'member']], spaces: [[labs, acme, ['runs:read']]] });
    for (const spaceInHeader of [vault, attic, 'nonsense']) expect(look({ spaceInHeader })).toEqual({ nowhere: 'SpaceNotFound' });
    feedOrgs.put(acme, org(acme, 'acme'));
    expect(look({ spaceInHeader: labs })).toEqual({ nowhere: 'SpaceNotFound' });
  });

  it('that a path names and that is not there, the organization judges', () => {
    const { look } = world({ roles: [[acme, 'viewer']] });
    const found = look({ spaceInPath: attic, spaceInHeader: vault });
    expect(found).toMatchObject({ place: { orgId: acme } });
    expect('place' in found && found.place.spaceId).toBeUndefined();
  });

  it('a suspension leaves no more than it leaves elsewhere', () => {
    const { look, feedOrgs } = world({ spaces: [[labs, acme, ['runs:create', 'runs:read']]] });
    feedOrgs.put(acme, org(acme, 'acme', { isSuspended: true, spaces: [labs] }));
    expect(held(look({ spaceInHeader: labs }))).toEqual(sorted(['catalog:read', 'spaces:read', 'runs:read']));
  });
});

describe('Whoever finds nothing', () => {
  it('looks again when all has come that is published', async () => {
    const { places, feedOrgs, feedMembers } = world({});
    const found = places.find(ada, { slug: 'acme' }, true);
    const member = { userId: ada, defaultOrgId: acme, memberships: [{ orgId: acme, role: 'owner' }], spaces: [] };
    feedMembers.put(ada, identity.MemberSnapshot.parse(member));
    for (const source of [feedOrgs, feedMembers]) source.catchUp();
    await expect(found).resolves.toMatchObject({ place: { orgId: acme } });
  });

  it('waits for nothing where no organization is needed', async () => {
    const { places } = world({});
    await expect(places.find(ada, {}, false)).resolves.toEqual({ nowhere: 'NoOrganization' });
  });
});
