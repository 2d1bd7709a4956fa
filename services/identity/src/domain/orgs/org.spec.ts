import { specify } from '@orrery/testing';
import {
  ada,
  at,
  bob,
  create,
  created,
  deleted,
  eve,
  inviteId,
  joined,
  left,
  orgId,
  settled,
  suspended,
} from '../../../test/facts/org-facts.ts';
import { Org } from './org.ts';

const { given } = specify(Org);
const end = { type: 'Delete', by: ada, typedName: 'Acme', standing: settled, at } as const;

describe('an organization', () => {
  it('is owned by the person who created it', () => {
    given()
      .when(create)
      .thenEvents(...created);
  });

  it('is created once', () => {
    given(...created)
      .when(create)
      .thenRejected('OrgAlreadyExists', {});
  });

  it('keeps what an update does not name', () => {
    given(...created)
      .when({ type: 'Update', name: 'Acme Inc.', billingDetails: { city: 'Berlin' }, by: ada, at })
      .thenEvents({
        type: 'OrgUpdated',
        data: { orgId, slug: 'acme', name: 'Acme Inc.', billingEmail: null, billingDetails: { city: 'Berlin' }, at },
      });
  });

  it('forgets a billing detail that becomes null, and nothing else', () => {
    const billingDetails = { city: 'Berlin', country: 'DE' };
    const data = { orgId, slug: 'acme', name: 'Acme', billingEmail: null, at };
    given(...created, { type: 'OrgUpdated', data: { ...data, billingDetails } })
      .when({ type: 'Update', billingDetails: { city: null }, by: ada, at })
      .thenEvents({ type: 'OrgUpdated', data: { ...data, billingDetails: { country: 'DE' } } });
  });

  it('does not record an update that changes nothing', () => {
    given(...created)
      .when({ type: 'Update', name: 'Acme', billingDetails: { city: null }, by: ada, at })
      .thenNothing();
  });

  it('is changed by its owners alone, whatever somebody was allowed a moment ago', () => {
    given(...created, joined(bob, 'admin'))
      .when({ type: 'Update', name: 'Bob’s', by: bob, at })
      .thenRejected('Forbidden', { needs: 'org:update' });
  });

  it('cannot be updated before it exists', () => {
    given().when({ type: 'Update', name: 'Acme', by: ada, at }).thenRejected('OrgNotFound', {});
  });
});

describe('a suspended organization', () => {
  it('takes nobody in, gives no rank, changes nothing and does not end', () => {
    const history = [...created, joined(bob, 'member'), suspended];
    for (const command of [
      { type: 'Join', userId: eve, role: 'member', inviteId, at },
      { type: 'ChangeRole', userId: bob, role: 'admin', by: ada, at },
      { type: 'Transfer', to: bob, by: ada, at },
      { type: 'Update', name: 'Other', by: ada, at },
      { type: 'Vouch', by: null },
      end,
    ] as const) {
      given(...history)
        .when(command)
        .thenRejected('OrgSuspended');
    }
  });

  it('lets people go', () => {
    given(...created, joined(bob, 'member'), suspended)
      .when({ type: 'Remove', userId: bob, by: bob, at })
      .thenEvents(left(bob, 'left', bob));
  });

  it('is suspended once, and reinstated once', () => {
    given(...created)
      .when({ type: 'Suspend', reason: 'abuse', at })
      .thenEvents(suspended);
    given(...created, suspended)
      .when({ type: 'Suspend', reason: 'again', at })
      .thenNothing();
    given(...created, suspended)
      .when({ type: 'Reinstate', at })
      .thenEvents({ type: 'OrgReinstated', data: { orgId, at } });
    given(...created)
      .when({ type: 'Reinstate', at })
      .thenNothing();
  });
});

describe('the end of an organization', () => {
  it('comes by its name, typed', () => {
    given(...created)
      .when(end)
      .thenEvents(deleted);
    given(...created)
      .when({ ...end, typedName: 'acme' })
      .thenRejected('OrgNameMismatch', {});
  });

  it('comes by an owner alone', () => {
    given(...created, joined(bob, 'admin'))
      .when({ ...end, by: bob })
      .thenRejected('Forbidden', { needs: 'org:delete' });
  });

  it('waits for running work, and for money that is open', () => {
    given(...created)
      .when({ ...end, standing: { openRuns: 2, isSettled: true } })
      .thenRejected('OrgHasRunningWork', { runs: 2 });
    given(...created)
      .when({ ...end, standing: { openRuns: 0, isSettled: false } })
      .thenRejected('OrgHasBalance', {});
  });

  it('comes without its name where its only member is erased, whatever is open', () => {
    const erasing = { ...end, typedName: null, standing: { openRuns: 2, isSettled: false } };
    given(...created)
      .when(erasing)
      .thenEvents(deleted);
    given(...created, joined(bob, 'member'))
      .when(erasing)
      .thenRejected('LastOwner');
  });

  it('is for good, and releases its members afterwards', () => {
    const history = [...created, joined(bob, 'member'), deleted];
    given(...history)
      .when(end)
      .thenRejected('OrgNotFound');
    given(...history)
      .when(create)
      .thenRejected('OrgAlreadyExists');
    given(...history)
      .when({ type: 'Disband', userIds: [ada, eve], at })
      .thenEvents(left(ada, 'org-deleted', null));
    given(...created)
      .when({ type: 'Disband', userIds: [ada], at })
      .thenRejected('OrgNotFound');
  });
});
