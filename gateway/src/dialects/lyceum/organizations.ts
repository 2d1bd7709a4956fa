import { billing, identity } from '@orrery/contracts';
import { z } from 'zod';
import { integer } from '../row.ts';
import { creditsText, type Writable } from './json.ts';
import { row } from './row.ts';

type BillingDetails = identity.OrgView['billingDetails'];

/** Each field of the address of an invoice: what it is called there, and here. */
const detailNames = {
  billing_company_name: 'companyName',
  billing_address_line1: 'addressLine1',
  billing_address_line2: 'addressLine2',
  billing_city: 'city',
  billing_state: 'state',
  billing_postal_code: 'postalCode',
  billing_country: 'country',
  billing_tax_id: 'taxId',
  billing_tax_id_type: 'taxIdType',
} as const satisfies Record<string, keyof BillingDetails>;

const detailEntries = Object.entries(detailNames);

export const detailsOut = (details: BillingDetails): Writable =>
  Object.fromEntries(detailEntries.map(([there, here]) => [there, details[here] ?? null]));

const text = z.string().nullish();
/** Strict: of an invoice nobody should believe that it will say what was dropped. */
const DetailsIn = z.strictObject({
  billing_company_name: text,
  billing_address_line1: text,
  billing_address_line2: text,
  billing_city: text,
  billing_state: text,
  billing_postal_code: text,
  billing_country: text,
  billing_tax_id: text,
  billing_tax_id_type: text,
} satisfies Record<keyof typeof detailNames, typeof text>);

/** What is null is taken away. */
export const detailsIn = (given: z.output<typeof DetailsIn>): identity.BillingDetailsChange => {
  const details: Partial<Record<keyof BillingDetails, string | null>> = {};
  for (const [there, value] of Object.entries(given)) {
    if (value !== undefined) details[detailNames[there as keyof typeof detailNames]] = value;
  }
  return details;
};

export const org = (view: identity.OrgView) => ({
  id: view.id,
  slug: view.slug,
  name: view.name,
  created_at: view.createdAt,
  billing_email: view.billingEmail,
  billing_details: detailsOut(view.billingDetails),
});

export const membership = (view: identity.MembershipView): Writable => ({ ...org(view), role: view.role, is_default: view.isDefault });

export const transaction = ({ id, kind, amount, balanceAfter, description, at }: billing.TransactionView): Writable => ({
  id,
  type: kind,
  amount: creditsText(amount),
  balance_after: creditsText(balanceAfter),
  description,
  created_at: at,
});

export const slugOf = (path: Readonly<Record<string, string>>): string => path['slug'] ?? '';
const names = { billingEmail: 'billing_email', billingDetails: 'billing_details', expiresAt: 'expires_at', org: 'slug' };

const organization = [
  row({
    method: 'GET',
    path: '/orgs',
    operations: [identity.ListOrgs],
    answer: async (to) => (await to.ask(identity.ListOrgs, { limit: 500 })).items.map(membership),
  }),
  row({
    method: 'POST',
    path: '/orgs',
    operations: [identity.CreateOrg],
    body: z.object({ name: z.string(), slug: z.string().nullish(), billing_email: z.string().nullish() }),
    names,
    answer: async (to, { body }) => {
      const { name, slug, billing_email: billingEmail } = body;
      return org(await to.ask(identity.CreateOrg, { name, ...(slug ? { slug } : {}), ...(billingEmail ? { billingEmail } : {}) }));
    },
  }),
  row({
    method: 'GET',
    path: '/orgs/{slug}',
    operations: [identity.GetOrg],
    answer: async (to, { path }) => org(await to.ask(identity.GetOrg, { org: slugOf(path) })),
  }),
  row({
    method: 'PATCH',
    path: '/orgs/{slug}',
    operations: [identity.UpdateOrg],
    body: z.object({
      name: z.string().optional(),
      slug: z.string().optional(),
      billing_email: z.string().nullish(),
      billing_details: DetailsIn.optional(),
    }),
    names,
    answer: async (to, { path, body: { name, slug, billing_email: billingEmail, billing_details: details } }) =>
      org(
        await to.ask(identity.UpdateOrg, {
          org: slugOf(path),
          ...(name === undefined ? {} : { name }),
          ...(slug === undefined ? {} : { slug }),
          ...(billingEmail === undefined ? {} : { billingEmail }),
          ...(details === undefined ? {} : { billingDetails: detailsIn(details) }),
        }),
      ),
  }),
];

const end = [
  row({
    method: 'DELETE',
    path: '/orgs/{slug}',
    operations: [identity.DeleteOrg],
    // The name, typed: clients may send it either way.
    query: z.object({ name: z.string().optional() }),
    body: z.object({ name: z.string().optional() }).nullish(),
    names,
    answer: async (to, { path, query, body }) => {
      await to.ask(identity.DeleteOrg, { org: slugOf(path), name: query.name ?? body?.name ?? '' });
      return { message: 'Organization deleted' };
    },
  }),
];

const money = [
  row({
    method: 'GET',
    path: '/orgs/{slug}/balance',
    operations: [billing.GetBalance],
    answer: async (to) => {
      const { orgId, balance, isSuspended } = await to.ask(billing.GetBalance, {});
      return { org_id: orgId, balance: creditsText(balance), account_suspended: isSuspended };
    },
  }),
  row({
    method: 'GET',
    path: '/orgs/{slug}/transactions',
    operations: [billing.ListTransactions],
    query: z.object({ limit: integer(z.int().min(1).max(500)).default(50), offset: integer(z.int().min(0)).default(0) }),
    answer: async (to, { query }) => {
      const { items, total } = await to.ask(billing.ListTransactions, query);
      return { transactions: items.map(transaction), total, ...query };
    },
  }),
];

export const organizations = [...organization, ...end, ...money];
