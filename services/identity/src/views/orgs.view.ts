import type { identity } from '@orrery/contracts';
import { type Fact, instant, json, nullable, text, uuid, view } from '@orrery/event-store';

export const orgs = view({
  name: 'orgs',
  table: 'orgs',
  columns: {
    id: uuid<identity.OrgView['id']>(),
    slug: text(),
    name: text(),
    billingEmail: nullable(text()),
    billingDetails: json<identity.OrgView['billingDetails']>(),
    createdAt: instant(),
  },
  key: ['id'],
  indexes: [['slug']],
  fold: ({ event }: Fact<identity.IdentityEvent>) => {
    switch (event.type) {
      case 'OrgCreated': {
        const { orgId: id, slug, name, billingEmail, at: createdAt } = event.data;
        return [{ put: { id, slug, name, billingEmail, billingDetails: {}, createdAt } }];
      }
      case 'OrgUpdated': {
        const { orgId: id, slug, name, billingEmail, billingDetails } = event.data;
        return [{ patch: { id }, set: { slug, name, billingEmail, billingDetails } }];
      }
      default:
        return [];
    }
  },
});
