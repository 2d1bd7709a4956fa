import { randomUUID } from 'node:crypto';
import { identity as contracts, OrgId, type RequestContext, rolePermissions } from '@orrery/contracts';
import type { SnapshotWatcher } from '@orrery/messaging';
import { asOperator, asService, contextOf, eventually, granted } from '@orrery/testing';
import { type Neighbours, startNeighbours } from '../fixtures/neighbours.ts';
import { asMember, join, refusalOf } from '../fixtures/people.ts';
import { Rig } from '../fixtures/rig.ts';

let rig: Rig;
let neighbours: Awaited<ReturnType<typeof startNeighbours>>;
let known: Neighbours;
let orgs: SnapshotWatcher<typeof contracts.OrgSnapshot>;
let members: SnapshotWatcher<typeof contracts.MemberSnapshot>;

beforeAll(async () => {
  rig = await Rig.start();
  neighbours = await startNeighbours(rig.bus);
  known = neighbours.known;
  orgs = await rig.watch(contracts.Snapshots.orgs);
  members = await rig.watch(contracts.Snapshots.members);
}, 60_000);
afterAll(async () => {
  await neighbours?.stop();
  await rig?.stop();
}, 30_000);

const again = (context: RequestContext): RequestContext => ({ ...context, commandId: randomUUID() });
const team = async (name = 'Acme') => {
  const owner = await rig.person();
  const org = granted(await rig.ask(contracts.CreateOrg, { name }, again(owner.owner)));
  return { owner, org, context: () => asMember(owner.userId, org.id, 'owner') };
};

describe('a new organization', () => {
  it('is known to gateways, with its owner', async () => {
    const { owner, org } = await team('Müller & Söhne');
    expect(org).toMatchObject({ name: 'Müller & Söhne', kind: 'team', isSuspended: false });
    expect(org.slug).toMatch(/^muller-sohne/);
    await eventually(() => expect(orgs.get(org.id)).toEqual({ orgId: org.id, slug: org.slug, isSuspended: false, spaces: [] }));
    await eventually(() => expect(members.get(owner.userId)?.memberships).toContainEqual({ orgId: org.id, role: 'owner' }));
  });

  it('that everybody gets is named so that it tells of nobody', async () => {
    const email = `grace.hopper.${randomUUID()}@example.com`;
    const { orgSlug, orgId, userId } = granted(
      await rig.ask(contracts.SignUp, { email, password: 'correct horse battery', name: 'Grace Hopper' }),
    );
    const org = granted(await rig.ask(contracts.GetOrg, { org: orgSlug }, asMember(userId, orgId, 'owner')));
    expect(org).toMatchObject({ name: 'Personal', kind: 'personal' });
    expect(JSON.stringify(org)).not.toMatch(/grace|hopper/i);
  });

  it('is asked for twice and made once', async () => {
    const { owner } = await rig.person();
    const context = { ...again(owner), idempotent: true };
    const answers = await Promise.all([1, 2, 3].map(() => rig.ask(contracts.CreateOrg, { name: 'Once' }, context)));
    expect([...new Set(answers.map((answer) => JSON.stringify(answer)))]).toHaveLength(1);
    expect(granted(await rig.ask(contracts.ListOrgs, {}, owner)).items).toHaveLength(2);
  });
});

describe('what other services ask of an organization', () => {
  it('is whether it is there, and who and which key is in it', async () => {
    const [{ owner, org, context }, other] = [await team(), await team()];
    const find = async (asked: object) => granted(await rig.ask(contracts.FindInOrg, { orgId: org.id, ...asked }, contextOf(asService)));
    const key = granted(await rig.ask(contracts.CreateApiKey, { org: org.slug, name: 'of the organization' }, again(context())));
    const own = granted(await rig.ask(contracts.CreateMyApiKey, { name: 'my own' }, again(owner.owner)));
    const foreign = granted(await rig.ask(contracts.CreateMyApiKey, { name: 'of somebody else' }, again(other.owner.owner)));
    expect(await find({ userId: owner.userId, keyId: key.id })).toEqual({ isThere: true, hasMember: true, hasKey: true });
    expect(await find({ keyId: own.id })).toEqual({ isThere: true, hasMember: false, hasKey: true });
    expect(await find({ userId: other.owner.userId, keyId: foreign.id })).toEqual({ isThere: true, hasMember: false, hasKey: false });
    expect(await find({ orgId: OrgId.parse(randomUUID()), keyId: key.id })).toEqual({ isThere: false, hasMember: false, hasKey: false });
  });
});

describe('what people write about an organization', () => {
  it('changes as named, and what is null goes', async () => {
    const { org, context } = await team();
    const billing = { billingEmail: 'bills@example.com', billingDetails: { city: 'Berlin', country: 'DE' } };
    expect(granted(await rig.ask(contracts.UpdateOrg, { org: org.slug, ...billing }, context()))).toMatchObject(billing);
    const less = granted(
      await rig.ask(contracts.UpdateOrg, { org: org.slug, billingEmail: null, billingDetails: { city: null } }, context()),
    );
    expect(less).toMatchObject({ billingEmail: null, billingDetails: { country: 'DE' } });
  });

  it('is never in the clear on the bus, nor in the log', async () => {
    const { org, context } = await team('Secret Society');
    granted(await rig.ask(contracts.UpdateOrg, { org: org.slug, billingEmail: 'hidden@example.com' }, context()));
    const { rows } = await rig.pool.query('SELECT data::text FROM events WHERE stream = $1', [`org-${org.id}`]);
    expect(rows.length).toBeGreaterThan(2);
    expect(JSON.stringify(rows)).not.toMatch(/secret society|secret-society|hidden@example/i);
    const heard = await rig.published(`log.identity.*.${org.id}.>`, 3);
    expect(heard).toMatch(/OrgCreated/);
    expect(heard).not.toMatch(/secret society|secret-society|hidden@example/i);
  });

  it('frees its old slug when it takes another', async () => {
    const { org, context } = await team('Konrad Zuse');
    const slug = `z-${randomUUID().slice(0, 8)}`;
    granted(await rig.ask(contracts.UpdateOrg, { org: org.slug, slug }, context()));
    await eventually(() => expect(orgs.get(org.id)?.slug).toBe(slug));
    const other = await team();
    const taken = await rig.ask(contracts.UpdateOrg, { org: other.org.slug, slug }, other.context());
    expect(refusalOf(taken)).toBe('SlugTaken');
    granted(await rig.ask(contracts.UpdateOrg, { org: other.org.slug, slug: org.slug }, other.context()));
  });

  it('keeps one slug of two that race for it', async () => {
    const [one, other] = [await team(), await team()];
    const slug = `race-${randomUUID().slice(0, 8)}`;
    const outcomes = await Promise.all(
      [one, other].map(({ org, context }) => rig.ask(contracts.UpdateOrg, { org: org.slug, slug }, context())),
    );
    expect(outcomes.filter(({ accepted }) => accepted)).toHaveLength(1);
  });
});

describe('the default organization', () => {
  it('is the one they chose, for as long as they are there, and never none or two', async () => {
    const { owner, org, context } = await team();
    const defaults = async () => granted(await rig.ask(contracts.ListOrgs, {}, owner.owner)).items.filter(({ isDefault }) => isDefault);
    expect(await defaults()).toMatchObject([{ id: owner.owner.orgId }]);
    granted(await rig.ask(contracts.ChooseDefaultOrg, { org: org.slug }, context()));
    expect(await defaults()).toMatchObject([{ id: org.id }]);
    await eventually(() => expect(members.get(owner.userId)?.defaultOrgId).toBe(org.id));
    const heir = await rig.person();
    await join(rig, heir, { org, by: context() }, 'admin');
    granted(await rig.ask(contracts.TransferOwnership, { org: org.slug, userId: heir.userId }, context()));
    granted(await rig.ask(contracts.RemoveMember, { org: org.slug, userId: owner.userId }, asMember(owner.userId, org.id, 'admin')));
    expect(await defaults()).toMatchObject([{ id: owner.owner.orgId }]);
    await eventually(() => expect(members.get(owner.userId)?.defaultOrgId).toBe(owner.owner.orgId));
  });
});

describe('members', () => {
  it('are listed with their names, roles and whether this is their default', async () => {
    const { owner, org, context } = await team();
    const bob = await rig.person();
    await join(rig, bob, { org, by: context() }, 'viewer');
    const { items } = granted(await rig.ask(contracts.ListMembers, { org: org.slug }, context()));
    expect(items).toMatchObject([
      { userId: owner.userId, email: owner.email, role: 'owner', isDefault: false },
      { userId: bob.userId, email: bob.email, name: 'Ada Lovelace', role: 'viewer', isDefault: false },
    ]);
  });

  it('change their roles by an owner’s hand, and gateways hear of it', async () => {
    const { org, context } = await team();
    const bob = await rig.person();
    await join(rig, bob, { org, by: context() }, 'member');
    const role = { org: org.slug, userId: bob.userId, role: 'billing' as const };
    expect(granted(await rig.ask(contracts.ChangeMemberRole, role, context()))).toMatchObject({ userId: bob.userId, role: 'billing' });
    await eventually(() => expect(members.get(bob.userId)?.memberships).toContainEqual({ orgId: org.id, role: 'billing' }), {
      within: 1_000,
    });
  });

  it('who were demoted a moment ago are refused by the organization itself, whatever a gateway still believes', async () => {
    const { org, context } = await team();
    const [bob, eve] = [await rig.person(), await rig.person()];
    await join(rig, bob, { org, by: context() }, 'admin');
    await join(rig, eve, { org, by: context() }, 'member');
    granted(await rig.ask(contracts.ChangeMemberRole, { org: org.slug, userId: bob.userId, role: 'viewer' }, context()));
    const stale = asMember(bob.userId, org.id, 'admin');
    expect(refusalOf(await rig.ask(contracts.RemoveMember, { org: org.slug, userId: eve.userId }, stale))).toBe('Forbidden');
    expect(refusalOf(await rig.ask(contracts.CreateInvite, { org: org.slug, email: 'x@example.com' }, stale))).toBe('Forbidden');
  });

  it('of another organization are no better known than ids that nobody has', async () => {
    const { org, context } = await team();
    const stranger = await rig.person();
    for (const userId of [stranger.userId, randomUUID()]) {
      expect(refusalOf(await rig.ask(contracts.RemoveMember, { org: org.slug, userId }, context()))).toBe('MemberNotFound');
      expect(refusalOf(await rig.ask(contracts.ChangeMemberRole, { org: org.slug, userId, role: 'viewer' }, context()))).toBe(
        'MemberNotFound',
      );
    }
  });

  it('leave, but the last owner; and a key does not take out whoever made it', async () => {
    const { owner, org, context } = await team();
    expect(refusalOf(await rig.ask(contracts.RemoveMember, { org: org.slug, userId: owner.userId }, context()))).toBe('LastOwner');
    const bob = await rig.person();
    await join(rig, bob, { org, by: context() }, 'member');
    const withKey = contextOf(
      { kind: 'key', id: randomUUID(), userId: bob.userId, permissions: [...rolePermissions.member] },
      { orgId: org.id },
    );
    expect(refusalOf(await rig.ask(contracts.RemoveMember, { org: org.slug, userId: bob.userId }, withKey))).toBe('Forbidden');
    granted(await rig.ask(contracts.RemoveMember, { org: org.slug, userId: bob.userId }, asMember(bob.userId, org.id, 'member')));
    await eventually(() => expect(members.get(bob.userId)?.memberships).toHaveLength(1), { within: 1_000 });
  });

  it('leave one owner behind, however two owners race to go', async () => {
    const { owner, org, context } = await team();
    const bob = await rig.person();
    await join(rig, bob, { org, by: context() }, 'admin');
    granted(await rig.ask(contracts.ChangeMemberRole, { org: org.slug, userId: bob.userId, role: 'owner' }, context()));
    const outcomes = await Promise.all(
      [owner.userId, bob.userId].map((userId) =>
        rig.ask(contracts.RemoveMember, { org: org.slug, userId }, asMember(userId, org.id, 'owner')),
      ),
    );
    expect(outcomes.map(refusalOf).sort()).toEqual(['LastOwner', 'granted']);
  });
});

describe('a suspended organization', () => {
  it('is known to gateways as such, takes nobody in, and comes back', async () => {
    const { org, context } = await team();
    const operator = () => contextOf(asOperator);
    const suspended = granted(await rig.ask(contracts.SuspendOrg, { org: org.slug, reason: 'unpaid' }, operator()));
    expect(suspended.isSuspended).toBe(true);
    await eventually(() => expect(orgs.get(org.id)?.isSuspended).toBe(true), { within: 1_000 });
    expect(refusalOf(await rig.ask(contracts.CreateInvite, { org: org.slug, email: 'x@example.com' }, context()))).toBe('OrgSuspended');
    expect(refusalOf(await rig.ask(contracts.CreateSpace, { name: 'Labs' }, context()))).toBe('OrgSuspended');
    expect(refusalOf(await rig.ask(contracts.DeleteOrg, { org: org.slug, name: org.name }, context()))).toBe('OrgSuspended');
    granted(await rig.ask(contracts.ReinstateOrg, { org: org.slug }, operator()));
    await eventually(() => expect(orgs.get(org.id)?.isSuspended).toBe(false));
    granted(await rig.ask(contracts.CreateInvite, { org: org.slug, email: 'x@example.com' }, context()));
  });

  it('is suspended by the operator alone', async () => {
    const { org, context } = await team();
    expect(refusalOf(await rig.ask(contracts.SuspendOrg, { org: org.slug, reason: 'mine' }, context()))).toBe('Forbidden');
    expect(
      refusalOf(await rig.ask(contracts.SuspendOrg, { org: `no-${randomUUID().slice(0, 8)}`, reason: 'x' }, contextOf(asOperator))),
    ).toBe('OrgNotFound');
  });
});

describe('an organization that ends', () => {
  it('is refused with another name, with work under way, with money open, and by anybody but an owner', async () => {
    const { org, context } = await team();
    const end = (name = org.name) => rig.ask(contracts.DeleteOrg, { org: org.slug, name }, context());
    expect(refusalOf(await end('acme'))).toBe('OrgNameMismatch');
    known.openRuns.set(org.id, 2);
    expect(await end()).toMatchObject({ rejection: { code: 'OrgHasRunningWork', details: { runs: 2 } } });
    known.openRuns.delete(org.id);
    known.unsettled.add(org.id);
    expect(refusalOf(await end())).toBe('OrgHasBalance');
    known.unsettled.delete(org.id);
    const bob = await rig.person();
    await join(rig, bob, { org, by: context() }, 'admin');
    expect(refusalOf(await rig.ask(contracts.DeleteOrg, { org: org.slug, name: org.name }, asMember(bob.userId, org.id, 'owner')))).toBe(
      'Forbidden',
    );
  });

  it('leaves nothing: no slug, no members, no spaces, no open invites, and no word of what it was called', async () => {
    const { owner, org, context } = await team('Vanishing Act');
    const bob = await rig.person();
    await join(rig, bob, { org, by: context() }, 'member');
    granted(await rig.ask(contracts.CreateSpace, { name: 'Hidden Room' }, context()));
    granted(await rig.ask(contracts.CreateInvite, { org: org.slug, email: 'late@example.com' }, context()));
    granted(await rig.ask(contracts.DeleteOrg, { org: org.slug, name: org.name }, context()));
    await eventually(() => expect(orgs.get(org.id)).toBeUndefined(), { within: 1_000 });
    expect(refusalOf(await rig.ask(contracts.GetOrg, { org: org.slug }, context()))).toBe('OrgNotFound');
    await eventually(async () => {
      const left = await rig.rowsOf(org.id, ['members', 'orgs', 'space_members']);
      expect(left).toEqual({ members: 0, orgs: 0, space_members: 0 });
    });
    for (const { userId } of [owner, bob]) await eventually(() => expect(members.get(userId)?.memberships).toHaveLength(1));
    await eventually(async () => expect(await rig.everything()).not.toMatch(/vanishing act|vanishing-act|hidden room|late@example/i));
    const heir = await team('Vanishing Act');
    expect(heir.org.slug).toBe(org.slug);
  }, 30_000);

  it('ends once, however often it is asked', async () => {
    const { org, context } = await team();
    const wish = { ...context(), idempotent: true };
    const outcomes = await Promise.all([1, 2, 3].map(() => rig.ask(contracts.DeleteOrg, { org: org.slug, name: org.name }, wish)));
    expect(outcomes.filter(({ accepted }) => accepted).length).toBeGreaterThan(0);
    expect(outcomes.map(refusalOf).filter((code) => code !== 'granted' && code !== 'OrgNotFound')).toEqual([]);
  });
});

describe('what gateways know of organizations', () => {
  it('is whole again after the bus lost everything', async () => {
    const { owner, org } = await team();
    await rig.nats.wipe();
    await eventually(() => expect(orgs.get(org.id)).toMatchObject({ slug: org.slug }), { within: 20_000 });
    const fresh = await rig.watch(contracts.Snapshots.members);
    expect(fresh.get(owner.userId)?.memberships).toContainEqual({ orgId: OrgId.parse(org.id), role: 'owner' });
  }, 40_000);
});
