import { OrgId, UserId } from '@orrery/contracts';
import { specify } from '@orrery/testing';
import { type Command, type Event, Org } from './org.ts';

const at = '2026-01-01T00:00:00.000Z';
const orgId = OrgId.parse('0199a000-0000-7000-8000-000000000001');
const createdBy = UserId.parse('0199a000-0000-7000-8000-000000000002');
const create: Command = { type: 'Create', orgId, slug: 'acme', name: 'Acme', billingEmail: null, createdBy, isDefault: true, at };
const created: readonly Event[] = [
  { type: 'OrgCreated', data: { orgId, slug: 'acme', name: 'Acme', billingEmail: null, createdBy, at } },
  { type: 'MemberJoined', data: { orgId, userId: createdBy, role: 'owner', isDefault: true, at } },
];

const { given } = specify(Org);

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
      .when({ type: 'Update', name: 'Acme Inc.', billingDetails: { city: 'Berlin' }, at })
      .thenEvents({
        type: 'OrgUpdated',
        data: { orgId, slug: 'acme', name: 'Acme Inc.', billingEmail: null, billingDetails: { city: 'Berlin' }, at },
      });
  });

  it('does not record an update that changes nothing', () => {
    given(...created)
      .when({ type: 'Update', name: 'Acme', at })
      .thenNothing();
  });

  it('cannot be updated before it exists', () => {
    given().when({ type: 'Update', name: 'Acme', at }).thenRejected('OrgNotFound', {});
  });
});
