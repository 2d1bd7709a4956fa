import type { identity } from '@orrery/contracts';
import { boolean, type Fact, instant, json, nullable, text, uuid, view } from '@orrery/event-store';

type Details = identity.OrgView['billingDetails'];

/** Once the key of an organization is erased, a marker stands where an object stood. */
const detailsIn = (details: Details): Details => (typeof details === 'object' ? details : {});

export const orgs = view({
  name: 'orgs',
  table: 'orgs',
  columns: {
    id: uuid<identity.OrgView['id']>(),
    slug: text(),
    name: text(),
    kind: text<identity.OrgView['kind']>(),
    billingEmail: nullable(text()),
    billingDetails: json<Details>(),
    isSuspended: boolean(),
    createdAt: instant(),
  },
  key: ['id'],
  indexes: [['slug'], ['billingEmail']],
  fold: ({ event }: Fact<identity.IdentityEvent>) => {
    switch (event.type) {
      case 'OrgCreated': {
        const { orgId: id, slug, name, kind, billingEmail, at: createdAt } = event.data;
        return [{ put: { id, slug, name, kind, billingEmail, billingDetails: {}, isSuspended: false, createdAt } }];
      }
      case 'OrgUpdated': {
        const { orgId: id, slug, name, billingEmail, billingDetails } = event.data;
        return [{ patch: { id }, set: { slug, name, billingEmail, billingDetails: detailsIn(billingDetails) } }];
      }
      case 'OrgSuspended':
      case 'OrgReinstated':
        return [{ patch: { id: event.data.orgId }, set: { isSuspended: event.type === 'OrgSuspended' } }];
      case 'OrgDeleted':
        return [{ drop: { id: event.data.orgId } }];
      default:
        return [];
    }
  },
});
