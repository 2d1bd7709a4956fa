import type { identity } from '@orrery/contracts';

export type Details = identity.OrgView['billingDetails'];

/** The details after a change: null takes one away. */
export const changed = (details: Details, change: identity.BillingDetailsChange = {}): Details =>
  Object.fromEntries(Object.entries({ ...details, ...change }).filter(([, value]) => value !== null && value !== undefined));

export const sameDetails = (a: Details, b: Details): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([field, value]) => b[field as keyof Details] === value);
