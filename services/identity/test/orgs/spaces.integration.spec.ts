import { randomUUID } from 'node:crypto';
import { identity as contracts, type Permission, type RequestContext, rolePermissions, spacePermissions } from '@orrery/contracts';
import type { SnapshotWatcher } from '@orrery/messaging';
import { contextOf, eventually, granted } from '@orrery/testing';
import { asMember, join, refusalOf } from '../fixtures/people.ts';
import { type Person, Rig } from '../fixtures/rig.ts';

let rig: Rig;
let orgs: SnapshotWatcher<typeof contracts.OrgSnapshot>;
let members: SnapshotWatcher<typeof contracts.MemberSnapshot>;

beforeAll(async () => {
  rig = await Rig.start();
  orgs = await rig.watch(contracts.Snapshots.orgs);
  members = await rig.watch(contracts.Snapshots.members);
}, 60_000);
afterAll(() => rig?.stop(), 30_000);

const again = (context: RequestContext): RequestContext => ({ ...context, commandId: randomUUID() });

const team = async () => {
  const owner = await rig.person();
  const org = granted(await rig.ask(contracts.CreateOrg, { name: 'Acme' }, again(owner.owner)));
  const context = () => asMember(owner.userId, org.id, 'owner');
  const space = granted(await rig.ask(contracts.CreateSpace, { name: 'Research', description: 'What we look into' }, context()));
  return { owner, org, context, space };
};

/** A request in a space, as the gateway would make it of what the space gave. */
const inSpace = ({ userId }: Pick<Person, 'userId'>, { id, orgId }: contracts.SpaceView, ...held: readonly Permission[]): RequestContext =>
  contextOf(
    { kind: 'user', id: userId, sessionId: randomUUID(), permissions: ['spaces:read', 'catalog:read', ...held] },
    { orgId, spaceId: id },
  );

const bringIn = async (
  space: contracts.SpaceView,
  by: RequestContext,
  ...permissions: contracts.SpaceGrant['permissions']
): Promise<Person> => {
  const person = await rig.person();
  granted(await rig.ask(contracts.InviteToSpace, { spaceId: space.id, emails: [person.email], permissions }, by));
  const { items } = granted(await rig.ask(contracts.ListMyInvites, {}, again(person.owner)));
  granted(await rig.ask(contracts.AcceptInvite, { token: items[0]?.id ?? '' }, again(person.owner)));
  return person;
};

describe('a space', () => {
  it('is known to gateways while it is there', async () => {
    const { org, context, space } = await team();
    expect(space).toMatchObject({ name: 'Research', description: 'What we look into', orgId: org.id });
    await eventually(() => expect(orgs.get(org.id)?.spaces).toEqual([space.id]));
    granted(await rig.ask(contracts.DeleteSpace, { spaceId: space.id }, context()));
    await eventually(() => expect(orgs.get(org.id)?.spaces).toEqual([]), { within: 1_000 });
    expect(refusalOf(await rig.ask(contracts.GetSpace, { spaceId: space.id }, context()))).toBe('SpaceNotFound');
    expect(granted(await rig.ask(contracts.RestoreSpace, { spaceId: space.id }, context()))).toMatchObject({
      id: space.id,
      name: 'Research',
    });
    await eventually(() => expect(orgs.get(org.id)?.spaces).toEqual([space.id]));
  });

  it('is renamed and described', async () => {
    const { context, space } = await team();
    const renamed = granted(await rig.ask(contracts.UpdateSpace, { spaceId: space.id, name: 'Labs' }, context()));
    expect(renamed).toMatchObject({ name: 'Labs', description: 'What we look into' });
  });

  it('is seen by who manages spaces and who is in it; by other members it is not', async () => {
    const { org, context, space } = await team();
    const bob = await rig.person();
    await join(rig, bob, { org, by: context() }, 'member');
    const asBob = () => asMember(bob.userId, org.id, 'member');
    expect(refusalOf(await rig.ask(contracts.GetSpace, { spaceId: space.id }, asBob()))).toBe('SpaceNotFound');
    expect(granted(await rig.ask(contracts.ListSpaces, {}, asBob())).items).toEqual([]);
    expect(granted(await rig.ask(contracts.ListSpaces, {}, context())).items).toMatchObject([{ id: space.id }]);
    granted(await rig.ask(contracts.AddSpacePermissions, { spaceId: space.id, userId: bob.userId, permissions: ['runs:read'] }, context()));
    expect(granted(await rig.ask(contracts.ListSpaces, {}, asBob())).items).toMatchObject([{ id: space.id }]);
    granted(await rig.ask(contracts.GetSpace, { spaceId: space.id }, asBob()));
  });

  it('of another organization is no better known than an id that nobody has', async () => {
    const [{ context }, { space }] = [await team(), await team()];
    for (const spaceId of [space.id, contracts.SpaceId.parse(randomUUID())]) {
      const asked = [
        await rig.ask(contracts.GetSpace, { spaceId }, context()),
        await rig.ask(contracts.UpdateSpace, { spaceId, name: 'Mine' }, context()),
        await rig.ask(contracts.DeleteSpace, { spaceId }, context()),
        await rig.ask(contracts.RestoreSpace, { spaceId }, context()),
        await rig.ask(contracts.ListSpaceMembers, { spaceId }, context()),
        await rig.ask(contracts.InviteToSpace, { spaceId, emails: ['x@example.com'], permissions: ['runs:read'] }, context()),
      ];
      expect(asked.map(refusalOf)).toEqual(asked.map(() => 'SpaceNotFound'));
    }
  });

  it('is managed by whoever made it, also where they manage nothing else', async () => {
    const { org, context } = await team();
    const bob = await rig.person();
    await join(rig, bob, { org, by: context() }, 'member');
    const own = granted(await rig.ask(contracts.CreateSpace, { name: 'Bob’s' }, asMember(bob.userId, org.id, 'member')));
    await eventually(() =>
      expect(members.get(bob.userId)?.spaces).toEqual([{ spaceId: own.id, orgId: org.id, permissions: [...spacePermissions] }]),
    );
    granted(await rig.ask(contracts.UpdateSpace, { spaceId: own.id, name: 'Ours' }, inSpace(bob, own, 'spaces:manage')));
    const other = (await rig.ask(contracts.ListSpaces, {}, context())) as { value: { items: contracts.SpaceView[] } };
    const foreign = other.value.items.find(({ id }) => id !== own.id);
    expect(
      refusalOf(await rig.ask(contracts.UpdateSpace, { spaceId: foreign?.id ?? own.id, name: 'Mine' }, inSpace(bob, own, 'spaces:manage'))),
    ).toBe('SpaceNotFound');
  });

  it('pages by its ids, the oldest first', async () => {
    const { context, space } = await team();
    const ids = [space.id];
    for (const name of ['B', 'C', 'D']) ids.push(granted(await rig.ask(contracts.CreateSpace, { name }, context())).id);
    const first = granted(await rig.ask(contracts.ListSpaces, { limit: 2 }, context()));
    expect(first.items.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(first.nextCursor).toBeDefined();
    const rest = granted(await rig.ask(contracts.ListSpaces, { limit: 2, after: ids[1] }, context()));
    expect(rest.items.map(({ id }) => id)).toEqual(ids.slice(2));
    expect(rest.nextCursor).toBeUndefined();
  });
});

describe('a key', () => {
  it('has a space of its organization as its own, and no other', async () => {
    const [{ context, space }, other] = [await team(), await team()];
    const create = (spaceId: contracts.SpaceId) => rig.ask(contracts.CreateApiKey, { name: 'ci', spaceId }, context());
    expect(granted(await create(space.id))).toMatchObject({ spaceId: space.id });
    for (const spaceId of [other.space.id, contracts.SpaceId.parse(randomUUID())])
      expect(refusalOf(await create(spaceId))).toBe('SpaceNotFound');
    granted(await rig.ask(contracts.DeleteSpace, { spaceId: space.id }, context()));
    expect(refusalOf(await create(space.id))).toBe('SpaceNotFound');
  });

  it('of a person has one that the person is in', async () => {
    const { context, space } = await team();
    const guest = await bringIn(space, context(), 'runs:read');
    const stranger = await rig.person();
    const create = ({ owner }: Person) => rig.ask(contracts.CreateMyApiKey, { name: 'ci', spaceId: space.id }, again(owner));
    expect(granted(await create(guest))).toMatchObject({ spaceId: space.id, orgId: null });
    expect(refusalOf(await create(stranger))).toBe('SpaceNotFound');
  });
});

describe('whoever is invited to a space', () => {
  it('may there what the invite says, and is no member of the organization', async () => {
    const { org, context, space } = await team();
    const guest = await bringIn(space, context(), 'trainings:list', 'runs:read');
    await eventually(() =>
      expect(members.get(guest.userId)?.spaces).toEqual([
        { spaceId: space.id, orgId: org.id, permissions: ['runs:read', 'trainings:list'] },
      ]),
    );
    expect(members.get(guest.userId)?.memberships.map(({ orgId }) => orgId)).not.toContain(org.id);
    const list = granted(await rig.ask(contracts.ListSpaceMembers, { spaceId: space.id }, context()));
    expect(list.items.find(({ userId }) => userId === guest.userId)).toMatchObject({
      email: guest.email,
      permissions: ['runs:read', 'trainings:list'],
    });
    const { spaces } = granted(await rig.ask(contracts.GetStanding, {}, again(guest.owner)));
    expect(spaces).toMatchObject([{ id: space.id, name: 'Research' }]);
  });

  it('is invited once, and left out where they are there already', async () => {
    const { context, space } = await team();
    const guest = await bringIn(space, context(), 'runs:read');
    const fresh = `${randomUUID()}@example.com`;
    const invite = () =>
      rig.ask(contracts.InviteToSpace, { spaceId: space.id, emails: [guest.email, fresh, fresh], permissions: ['runs:read'] }, context());
    expect(granted(await invite()).emails).toEqual([fresh]);
    expect(granted(await invite()).emails).toEqual([]);
  });

  it('gets nothing that whoever invites does not hold there', async () => {
    const { context, space } = await team();
    const manager = await bringIn(space, context(), 'spaces:manage', 'runs:read');
    const asked = { spaceId: space.id, emails: [`${randomUUID()}@example.com`] };
    const as = () => inSpace(manager, space, 'spaces:manage', 'runs:read');
    expect(refusalOf(await rig.ask(contracts.InviteToSpace, { ...asked, permissions: ['trainings:delete'] }, as()))).toBe('Forbidden');
    granted(await rig.ask(contracts.InviteToSpace, { ...asked, permissions: ['runs:read'] }, as()));
    const own = { spaceId: space.id, userId: manager.userId, permissions: ['runs:create' as const] };
    expect(refusalOf(await rig.ask(contracts.AddSpacePermissions, own, as()))).toBe('Forbidden');
  });

  it('is given nothing that a space cannot give', async () => {
    const { context, space } = await team();
    const permissions = ['org:delete'] as never;
    const invite = await rig.ask(contracts.InviteToSpace, { spaceId: space.id, emails: ['x@example.com'], permissions }, context());
    expect(refusalOf(invite)).toBe('InvalidInput');
  });

  it('leaves, is removed, and is gone from the space when they are gone from the organization', async () => {
    const { org, context, space } = await team();
    const [guest, other] = [await bringIn(space, context(), 'runs:read'), await bringIn(space, context(), 'runs:read')];
    granted(await rig.ask(contracts.RemoveSpaceMember, { spaceId: space.id, userId: guest.userId }, inSpace(guest, space)));
    expect(refusalOf(await rig.ask(contracts.RemoveSpaceMember, { spaceId: space.id, userId: other.userId }, inSpace(guest, space)))).toBe(
      'SpaceNotFound',
    );
    granted(await rig.ask(contracts.RemoveSpaceMember, { spaceId: space.id, userId: other.userId }, context()));
    const bob = await rig.person();
    await join(rig, bob, { org, by: context() }, 'member');
    granted(await rig.ask(contracts.AddSpacePermissions, { spaceId: space.id, userId: bob.userId, permissions: ['runs:read'] }, context()));
    granted(await rig.ask(contracts.RemoveMember, { org: org.slug, userId: bob.userId }, context()));
    for (const { userId } of [guest, other, bob]) {
      await eventually(() => expect(members.get(userId)?.spaces).toEqual([]), { within: 1_000 });
    }
  });

  it('comes back with a restored space', async () => {
    const { org, context, space } = await team();
    const guest = await bringIn(space, context(), 'runs:read');
    granted(await rig.ask(contracts.DeleteSpace, { spaceId: space.id }, context()));
    const late = await rig.ask(
      contracts.SetSpacePermissions,
      { spaceId: space.id, userId: guest.userId, permissions: ['runs:create'] },
      context(),
    );
    expect(refusalOf(late)).toBe('SpaceNotFound');
    granted(await rig.ask(contracts.RestoreSpace, { spaceId: space.id }, context()));
    expect(members.get(guest.userId)?.spaces).toEqual([{ spaceId: space.id, orgId: org.id, permissions: ['runs:read'] }]);
  });

  it('finds nothing where the space was deleted meanwhile', async () => {
    const { context, space } = await team();
    const guest = await rig.person();
    granted(await rig.ask(contracts.InviteToSpace, { spaceId: space.id, emails: [guest.email], permissions: ['runs:read'] }, context()));
    const [invite] = granted(await rig.ask(contracts.ListMyInvites, {}, again(guest.owner))).items;
    granted(await rig.ask(contracts.DeleteSpace, { spaceId: space.id }, context()));
    expect(granted(await rig.ask(contracts.ListMyInvites, {}, again(guest.owner))).items).toEqual([]);
    expect(refusalOf(await rig.ask(contracts.AcceptInvite, { token: invite?.id ?? '' }, again(guest.owner)))).toBe('SpaceNotFound');
  });

  it('is not let in by a key that may only read', async () => {
    const { owner, org, space } = await team();
    const key = contextOf(
      { kind: 'key', id: randomUUID(), userId: owner.userId, permissions: [...rolePermissions.viewer] },
      { orgId: org.id },
    );
    const invite = await rig.ask(
      contracts.InviteToSpace,
      { spaceId: space.id, emails: ['x@example.com'], permissions: ['runs:read'] },
      key,
    );
    expect(refusalOf(invite)).toBe('Forbidden');
  });
});
