import { randomUUID } from 'node:crypto';
import { identity as contracts, type RequestContext } from '@orrery/contracts';
import type { SnapshotWatcher } from '@orrery/messaging';
import { asService, contextOf, eventually, granted, nobody } from '@orrery/testing';
import { startNeighbours } from '../fixtures/neighbours.ts';
import { asMember, refusalOf } from '../fixtures/people.ts';
import { type Person, password, Rig, somewhere } from '../fixtures/rig.ts';

let rig: Rig;
let neighbours: Awaited<ReturnType<typeof startNeighbours>>;
let members: SnapshotWatcher<typeof contracts.MemberSnapshot>;

beforeAll(async () => {
  rig = await Rig.start();
  neighbours = await startNeighbours(rig.bus);
  members = await rig.watch(contracts.Snapshots.members);
}, 60_000);
afterAll(async () => {
  await neighbours?.stop();
  await rig?.stop();
}, 30_000);

const again = (context: RequestContext): RequestContext => ({ ...context, commandId: randomUUID() });
const by = (person: Person): RequestContext => again(person.owner);
const address = () => `${randomUUID()}@example.com`;
const stranger = () => contextOf(nobody, { origin: somewhere() });

const team = async () => {
  const owner = await rig.person();
  const org = granted(await rig.ask(contracts.CreateOrg, { name: 'Acme' }, by(owner)));
  const context = () => asMember(owner.userId, org.id, 'owner');
  const invite = async (email: string, role: contracts.InvitableRole = 'member') =>
    granted(await rig.ask(contracts.CreateInvite, { org: org.slug, email, role }, context()));
  return { owner, org, context, invite };
};

describe('an invite', () => {
  it('brings whoever it is for into the organization, once', async () => {
    const { org, invite } = await team();
    const bob = await rig.person();
    const { token, ...shown } = await invite(bob.email, 'billing');
    expect(shown).toMatchObject({ email: bob.email, role: 'billing', status: 'pending', orgId: org.id });
    const seen = granted(await rig.ask(contracts.GetInvite, { token }, stranger()));
    expect(seen).toMatchObject({ email: bob.email, role: 'billing', status: 'pending', org: { slug: org.slug, name: 'Acme' } });
    const accepted = granted(await rig.ask(contracts.AcceptInvite, { token }, by(bob)));
    expect(accepted.membership).toMatchObject({ id: org.id, role: 'billing', isDefault: false });
    await eventually(() => expect(members.get(bob.userId)?.memberships).toContainEqual({ orgId: org.id, role: 'billing' }), {
      within: 1_000,
    });
    expect(refusalOf(await rig.ask(contracts.AcceptInvite, { token }, by(bob)))).toBe('InviteUsed');
    expect(refusalOf(await rig.ask(contracts.DeclineInvite, { token }, by(bob)))).toBe('InviteUsed');
    expect(granted(await rig.ask(contracts.GetInvite, { token }, stranger())).status).toBe('accepted');
  });

  it('lies in the list of its addressee, who needs no token to answer it', async () => {
    const { org, invite } = await team();
    const [bob, eve] = [await rig.person(), await rig.person()];
    const { id } = await invite(bob.email);
    const mine = granted(await rig.ask(contracts.ListMyInvites, {}, by(bob)));
    expect(mine.items).toMatchObject([{ id, org: { slug: org.slug } }]);
    expect(JSON.stringify(mine)).not.toMatch(/token|hash/i);
    expect(refusalOf(await rig.ask(contracts.AcceptInvite, { token: id }, by(eve)))).toBe('InviteNotFound');
    expect(refusalOf(await rig.ask(contracts.GetInvite, { token: id }, stranger()))).toBe('InviteNotFound');
    granted(await rig.ask(contracts.AcceptInvite, { token: id }, by(bob)));
    expect(granted(await rig.ask(contracts.ListMyInvites, {}, by(bob))).items).toEqual([]);
  });

  it('is for nobody else, whoever has its token', async () => {
    const { invite } = await team();
    const eve = await rig.person();
    const { token } = await invite(address());
    for (const operation of [contracts.AcceptInvite, contracts.DeclineInvite]) {
      expect(refusalOf(await rig.ask(operation, { token }, by(eve)))).toBe('InviteForAnother');
    }
  });

  it('is not found with any other token', async () => {
    const { invite } = await team();
    const bob = await rig.person();
    const { id, token } = await invite(bob.email);
    const wrong = [`${id}.${'A'.repeat(43)}`, `${randomUUID()}.${token.split('.')[1]}`, `${token}x`, 'nonsense', `${id}.`, '../../etc'];
    for (const each of wrong) {
      expect(refusalOf(await rig.ask(contracts.GetInvite, { token: each }, stranger()))).toBe('InviteNotFound');
      expect(refusalOf(await rig.ask(contracts.AcceptInvite, { token: each }, { ...by(bob), origin: somewhere() }))).toBe('InviteNotFound');
    }
    granted(await rig.ask(contracts.AcceptInvite, { token }, by(bob)));
  });

  it('is turned down, and may be sent again', async () => {
    const { invite } = await team();
    const bob = await rig.person();
    const { token } = await invite(bob.email);
    granted(await rig.ask(contracts.DeclineInvite, { token }, by(bob)));
    expect(refusalOf(await rig.ask(contracts.AcceptInvite, { token }, by(bob)))).toBe('InviteUsed');
    await invite(bob.email);
  });

  it('is taken back', async () => {
    const { org, context, invite } = await team();
    const bob = await rig.person();
    const { id: inviteId, token } = await invite(bob.email);
    granted(await rig.ask(contracts.RevokeInvite, { org: org.slug, inviteId }, context()));
    expect(refusalOf(await rig.ask(contracts.AcceptInvite, { token }, by(bob)))).toBe('InviteUsed');
    expect(granted(await rig.ask(contracts.ListInvites, { org: org.slug }, context())).items).toMatchObject([
      { id: inviteId, status: 'revoked' },
    ]);
    const other = await team();
    expect(refusalOf(await rig.ask(contracts.RevokeInvite, { org: other.org.slug, inviteId }, other.context()))).toBe('InviteNotFound');
  });

  it('is one at a time for an address, however many ask at once', async () => {
    const { org, context } = await team();
    const email = address();
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () => rig.ask(contracts.CreateInvite, { org: org.slug, email }, context())),
    );
    expect(outcomes.map(refusalOf).sort()).toEqual(['granted', ...Array.from({ length: 7 }, () => 'InviteAlreadyPending')].sort());
    await (await team()).invite(email);
  });

  it('is used once, however many accept it at once', async () => {
    const { org, context, invite } = await team();
    const bob = await rig.person();
    const { token } = await invite(bob.email);
    const outcomes = await Promise.all(Array.from({ length: 16 }, () => rig.ask(contracts.AcceptInvite, { token }, by(bob))));
    expect(outcomes.map(refusalOf).filter((code) => code === 'granted')).toHaveLength(1);
    expect(granted(await rig.ask(contracts.ListMembers, { org: org.slug }, context())).items).toHaveLength(2);
  });

  it('brings many in at once', async () => {
    const { org, context, invite } = await team();
    const people = await Promise.all(Array.from({ length: 12 }, () => rig.person()));
    const tokens = await Promise.all(people.map(({ email }) => invite(email)));
    const outcomes = await Promise.all(
      people.map((each, at) => rig.ask(contracts.AcceptInvite, { token: tokens[at]?.token ?? '' }, by(each))),
    );
    expect(new Set(outcomes.map(refusalOf))).toEqual(new Set(['granted']));
    expect(granted(await rig.ask(contracts.ListMembers, { org: org.slug }, context())).items).toHaveLength(13);
  }, 30_000);

  it('is no use to who is a member already', async () => {
    const { org, context, invite } = await team();
    const bob = await rig.person();
    const { token } = await invite(bob.email);
    granted(await rig.ask(contracts.AcceptInvite, { token }, by(bob)));
    expect(refusalOf(await rig.ask(contracts.CreateInvite, { org: org.slug, email: bob.email }, context()))).toBe('AlreadyMember');
  });

  it('makes nobody an owner', async () => {
    const { org, context } = await team();
    const outcome = await rig.ask(contracts.CreateInvite, { org: org.slug, email: address(), role: 'owner' as never }, context());
    expect(refusalOf(outcome)).toBe('InvalidInput');
  });

  it('expires: its token is gone for good, and the address free', async () => {
    const { org, context, invite } = await team();
    const bob = await rig.person();
    const { id, token } = await invite(bob.email);
    await rig.age('invites', id, 'expires_at', 8);
    await rig.ageEvents(`invite-${id}`, 'expiresAt', 8);
    expect(refusalOf(await rig.ask(contracts.GetInvite, { token }, stranger()))).toBe('InviteExpired');
    expect(refusalOf(await rig.ask(contracts.AcceptInvite, { token }, by(bob)))).toBe('InviteExpired');
    expect(granted(await rig.ask(contracts.ListMyInvites, {}, by(bob))).items).toEqual([]);
    expect(granted(await rig.ask(contracts.ListInvites, { org: org.slug }, context())).items).toMatchObject([{ id, status: 'expired' }]);
    await invite(bob.email);
    expect(granted(await rig.ask(contracts.ListInvites, { org: org.slug }, context())).items.map(({ status }) => status)).toEqual([
      'pending',
      'expired',
    ]);
  });
});

describe('the secrets of an invite', () => {
  it('are kept as hashes, and the address sealed; neither is ever on the bus', async () => {
    const { org, invite } = await team();
    const email = address();
    const { id, token } = await invite(email);
    const { rows } = await rig.pool.query('SELECT type, data::text FROM events WHERE stream = $1 ORDER BY version', [`invite-${id}`]);
    expect(rows.map(({ type }) => type)).toEqual(['InviteCreated.v1', 'InviteSecretsSet.v1']);
    expect(JSON.stringify(rows)).not.toContain(email);
    expect(await rig.everything()).not.toContain(token.split('.')[1]);
    const heard = await rig.published(`log.identity.*.${org.id}.>`, 2);
    expect(heard).toContain('InviteCreated');
    expect(heard).not.toContain('InviteSecretsSet');
    expect(heard).not.toContain(email);
  });

  it('are no faster to guess than anything else: who shows wrong ones has to wait', async () => {
    const { invite } = await team();
    const { id } = await invite(address());
    const origin = somewhere();
    const codes = new Set<string>();
    for (let n = 0; n < 130; n += 1) {
      const token = `${id}.${randomUUID()}`;
      codes.add(refusalOf(await rig.ask(contracts.GetInvite, { token }, contextOf(nobody, { origin }))));
    }
    expect(codes).toEqual(new Set(['InviteNotFound', 'TooManyTries']));
  }, 30_000);
});

/** What the letter of an invite brought, and nobody else has. */
const mailed = async (to: string): Promise<string> => {
  const { items } = granted(await rig.ask(contracts.ReadOutbox, { to }, contextOf(asService)));
  const token = items.map(({ text }) => /^([0-9a-f-]{36}\.\S+)$/m.exec(text)?.[1]).find(Boolean);
  if (!token) throw new Error(`no letter to ${to} brought a token`);
  return token;
};

describe('the letter of an invite', () => {
  it('brings a token of its own, which works as the shown one does', async () => {
    const { org, invite } = await team();
    const bob = await rig.person();
    const { token: shown } = await invite(bob.email);
    const token = await mailed(bob.email);
    expect(token).not.toBe(shown);
    expect(granted(await rig.ask(contracts.GetInvite, { token }, stranger())).org.slug).toBe(org.slug);
    granted(await rig.ask(contracts.AcceptInvite, { token }, by(bob)));
    expect(refusalOf(await rig.ask(contracts.AcceptInvite, { token: shown }, by(bob)))).toBe('InviteUsed');
  });
});

describe('whoever has no account yet', () => {
  const signUp = (email: string, inviteToken: string) =>
    rig.ask(contracts.SignUp, { email, password, name: 'Bob', inviteToken }, { ...stranger(), commandId: randomUUID() });

  it('signs up with the token of an invite, and is in', async () => {
    const { org, context, invite } = await team();
    const email = address();
    const { token } = await invite(email, 'viewer');
    const signedUp = granted(await signUp(email, token));
    expect(signedUp).toMatchObject({ orgId: org.id, orgSlug: org.slug });
    await eventually(() => {
      const known = members.get(signedUp.userId);
      expect(known).toMatchObject({ defaultOrgId: org.id, memberships: [{ orgId: org.id, role: 'viewer' }] });
    });
    const { items } = granted(await rig.ask(contracts.ListMembers, { org: org.slug }, context()));
    expect(items.find((each) => each.userId === signedUp.userId)).toMatchObject({ email, role: 'viewer', isDefault: true });
    expect(refusalOf(await signUp(address(), token))).toBe('InviteForAnother');
  });

  it('has shown that the address is theirs with the token from the letter, and only with that', async () => {
    const { invite } = await team();
    const verified = async (email: string, token: string) => {
      const { userId } = granted(await signUp(email, token));
      const { rows } = await rig.pool.query('SELECT email_verified FROM users WHERE id = $1', [userId]);
      return rows[0].email_verified;
    };
    const [one, other] = [address(), address()];
    await invite(one);
    expect(await verified(one, await mailed(one))).toBe(true);
    expect(await verified(other, (await invite(other)).token)).toBe(false);
  });

  it('makes no account with a token that is used, expired, revoked or made up', async () => {
    const { org, context, invite } = await team();
    const email = address();
    const { id, token } = await invite(email);
    granted(await rig.ask(contracts.RevokeInvite, { org: org.slug, inviteId: id }, context()));
    expect(refusalOf(await signUp(email, token))).toBe('InviteUsed');
    expect(refusalOf(await signUp(email, `${token}x`))).toBe('InviteNotFound');
    expect(refusalOf(await signUp(email, id))).toBe('InviteNotFound');
    const { rows } = await rig.pool.query('SELECT count(*)::int AS n FROM users WHERE email = $1', [email]);
    expect(rows[0].n).toBe(0);
  });

  it('is one of many who sign up at once', async () => {
    const { org, context, invite } = await team();
    const people = Array.from({ length: 6 }, address);
    const tokens = await Promise.all(people.map((email) => invite(email)));
    const outcomes = await Promise.all(people.map((email, at) => signUp(email, tokens[at]?.token ?? '')));
    expect(new Set(outcomes.map(refusalOf))).toEqual(new Set(['granted']));
    expect(granted(await rig.ask(contracts.ListMembers, { org: org.slug }, context())).items).toHaveLength(7);
  }, 30_000);

  it('who comes by an invite to a space is a guest there, and has an organization of their own', async () => {
    const { context } = await team();
    const space = granted(await rig.ask(contracts.CreateSpace, { name: 'Labs' }, context()));
    const email = address();
    granted(await rig.ask(contracts.InviteToSpace, { spaceId: space.id, emails: [email], permissions: ['runs:read'] }, context()));
    const signedUp = granted(await signUp(email, await mailed(email)));
    expect(signedUp.orgId).not.toBe(space.orgId);
    await eventually(() =>
      expect(members.get(signedUp.userId)).toMatchObject({
        memberships: [{ orgId: signedUp.orgId, role: 'owner' }],
        spaces: [{ spaceId: space.id, orgId: space.orgId, permissions: ['runs:read'] }],
      }),
    );
  });
});

describe('invites that ended', () => {
  it('hold no address any more, and are forgotten after three months, but for what became of them', async () => {
    const { org, context, invite } = await team();
    const [late, old] = [await invite(address()), await invite(address())];
    await rig.age('invites', late.id, 'expires_at', 8);
    await rig.ageEvents(`invite-${late.id}`, 'expiresAt', 8);
    granted(await rig.ask(contracts.RevokeInvite, { org: org.slug, inviteId: old.id }, context()));
    await rig.age('invites', old.id, 'ended_at', 91);
    await rig.restart();
    await eventually(
      async () => {
        const { items } = granted(await rig.ask(contracts.ListInvites, { org: org.slug }, context()));
        expect(items.map(({ status, email }) => [status, email])).toEqual([
          ['revoked', '[erased]'],
          ['expired', late.email],
        ]);
        const { rows } = await rig.pool.query("SELECT 1 FROM claims WHERE scope = 'invite' AND stream = ANY($1)", [[`invite-${late.id}`]]);
        expect(rows).toEqual([]);
      },
      { within: 20_000 },
    );
  }, 40_000);
});

describe('an invite to somebody who is erased', () => {
  it('says no more whom it was for, in the log, in any table or on the bus', async () => {
    const { invite } = await team();
    const [bob, eve] = [await rig.person(), await rig.person()];
    const { token } = await invite(bob.email);
    granted(await rig.ask(contracts.AcceptInvite, { token }, by(bob)));
    await (await team()).invite(bob.email);
    await (await team()).invite(eve.email);
    granted(await rig.ask(contracts.DeleteMe, {}, asMember(bob.userId, bob.owner.orgId ?? '', 'owner')));
    await eventually(async () => expect(await rig.everything()).not.toContain(bob.email), { within: 20_000 });
    expect(await rig.everything()).toContain(eve.email);
  }, 40_000);
});
