import { specify } from '@orrery/testing';
import { ada, at, bob, created, deleted, eve, inviteId, joined, left, orgId } from '../../../test/facts/org-facts.ts';
import { Org } from './org.ts';

const { given } = specify(Org);
const remove = (userId: typeof ada, by: typeof ada) => ({ type: 'Remove', userId, by, at }) as const;

describe('a member', () => {
  it('joins once', () => {
    const join = { type: 'Join', userId: bob, role: 'viewer', inviteId, at } as const;
    given(...created)
      .when(join)
      .thenEvents(joined(bob, 'viewer'));
    given(...created, joined(bob, 'viewer'))
      .when(join)
      .thenRejected('AlreadyMember', {});
    given(...created, deleted)
      .when(join)
      .thenRejected('OrgNotFound', {});
  });

  it('is brought in without an invite by an owner alone, and given another role so', () => {
    const enlist = (by: typeof ada, role: 'viewer' | 'admin' = 'viewer') => ({ type: 'Enlist', userId: eve, role, by, at }) as const;
    given(...created)
      .when(enlist(ada))
      .thenEvents({ type: 'MemberJoined', data: { orgId, userId: eve, role: 'viewer', inviteId: null, at } });
    given(...created, joined(bob, 'admin'))
      .when(enlist(bob))
      .thenRejected('Forbidden', { needs: 'members:change-role' });
    given(...created, joined(eve, 'viewer'))
      .when(enlist(ada, 'admin'))
      .thenEvents({ type: 'MemberRoleChanged', data: { orgId, userId: eve, role: 'admin', formerRole: 'viewer', by: ada, at } });
  });

  it('leaves when they like', () => {
    given(...created, joined(bob, 'viewer'))
      .when(remove(bob, bob))
      .thenEvents(left(bob, 'left', bob));
  });

  it('is removed by owners and admins', () => {
    const history = [...created, joined(bob, 'admin'), joined(eve, 'member')];
    for (const by of [ada, bob]) {
      given(...history)
        .when(remove(eve, by))
        .thenEvents(left(eve, 'removed', by));
    }
    given(...history)
      .when(remove(bob, eve))
      .thenRejected('Forbidden', { needs: 'members:manage' });
  });

  it('who owns is removed by owners alone', () => {
    const history = [...created, joined(bob, 'owner'), joined(eve, 'admin')];
    given(...history)
      .when(remove(bob, eve))
      .thenRejected('Forbidden', { needs: 'members:change-role' });
    given(...history)
      .when(remove(bob, ada))
      .thenEvents(left(bob, 'removed', ada));
  });

  it('who is not there is not found; who may not ask hears nothing of that', () => {
    given(...created)
      .when(remove(bob, ada))
      .thenRejected('MemberNotFound', {});
    given(...created, joined(eve, 'member'))
      .when(remove(bob, eve))
      .thenRejected('Forbidden');
    given(...created)
      .when(remove(bob, bob))
      .thenRejected('MemberNotFound', {});
  });
});

describe('a role', () => {
  it('is given by owners alone', () => {
    const history = [...created, joined(bob, 'member'), joined(eve, 'admin')];
    given(...history)
      .when({ type: 'ChangeRole', userId: bob, role: 'billing', by: ada, at })
      .thenEvents({ type: 'MemberRoleChanged', data: { orgId, userId: bob, role: 'billing', formerRole: 'member', by: ada, at } });
    given(...history)
      .when({ type: 'ChangeRole', userId: bob, role: 'admin', by: eve, at })
      .thenRejected('Forbidden', { needs: 'members:change-role' });
  });

  it('that somebody has already is given without a word', () => {
    given(...created, joined(bob, 'member'))
      .when({ type: 'ChangeRole', userId: bob, role: 'member', by: ada, at })
      .thenNothing();
  });

  it('is for members', () => {
    given(...created)
      .when({ type: 'ChangeRole', userId: bob, role: 'member', by: ada, at })
      .thenRejected('MemberNotFound', {});
  });
});

describe('ownership', () => {
  it('passes to another member, and the one who passed it on becomes an admin', () => {
    given(...created, joined(bob, 'viewer'))
      .when({ type: 'Transfer', to: bob, by: ada, at })
      .thenEvents({ type: 'OwnershipTransferred', data: { orgId, from: ada, to: bob, formerRole: 'viewer', at } });
    const passed = { type: 'OwnershipTransferred', data: { orgId, from: ada, to: bob, formerRole: 'viewer', at } } as const;
    given(...created, joined(bob, 'viewer'), passed)
      .when({ type: 'Update', name: 'Other', by: ada, at })
      .thenRejected('Forbidden');
    given(...created, joined(bob, 'viewer'), passed)
      .when(remove(ada, bob))
      .thenEvents(left(ada, 'removed', bob));
  });

  it('passes to members, from owners', () => {
    given(...created)
      .when({ type: 'Transfer', to: bob, by: ada, at })
      .thenRejected('MemberNotFound', {});
    given(...created, joined(bob, 'admin'))
      .when({ type: 'Transfer', to: bob, by: bob, at })
      .thenRejected('Forbidden');
    given(...created)
      .when({ type: 'Transfer', to: ada, by: ada, at })
      .thenNothing();
  });

  it('stays with its last owner, who neither leaves nor steps down', () => {
    const history = [...created, joined(bob, 'admin')];
    given(...history)
      .when(remove(ada, ada))
      .thenRejected('LastOwner', {});
    given(...history)
      .when({ type: 'ChangeRole', userId: ada, role: 'admin', by: ada, at })
      .thenRejected('LastOwner', {});
    given(...history)
      .when({ type: 'Forget', userId: ada, email: 'ada@example.com', at })
      .thenRejected('LastOwner', {});
  });
});

describe('a person who is erased', () => {
  it('leaves no trace: neither as a member nor on the bills', () => {
    const billed = { orgId, slug: 'acme', name: 'Acme', billingDetails: {}, at };
    const billing = { type: 'OrgUpdated', data: { ...billed, billingEmail: 'bob@example.com' } } as const;
    given(...created, joined(bob, 'member'), billing)
      .when({ type: 'Forget', userId: bob, email: 'bob@example.com', at })
      .thenEvents(left(bob, 'erased', null), { type: 'OrgUpdated', data: { ...billed, billingEmail: null } });
    given(...created, billing)
      .when({ type: 'Forget', userId: bob, email: 'bob@example.com', at })
      .thenEvents({ type: 'OrgUpdated', data: { ...billed, billingEmail: null } });
    given(...created)
      .when({ type: 'Forget', userId: bob, email: 'bob@example.com', at })
      .thenNothing();
  });
});

describe('whoever vouches for somebody', () => {
  it('is an owner or an admin', () => {
    given(...created)
      .when({ type: 'Vouch', by: ada })
      .thenNothing();
    given(...created, joined(bob, 'member'))
      .when({ type: 'Vouch', by: bob })
      .thenRejected('Forbidden', { needs: 'invites:manage' });
    given(...created)
      .when({ type: 'Vouch', by: null })
      .thenNothing();
  });
});
