import { identity } from '@orrery/contracts';
import { z } from 'zod';

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** A client secret does not travel in the clear, but to the machine itself. */
const isSafe = (url: string): boolean => url.startsWith('https:') || loopback.test(new URL(url).hostname);

const Issuer = z.strictObject({
  name: identity.IssuerName,
  /** What people know it by. */
  title: z.string().min(1).max(100).optional(),
  issuer: z.url({ protocol: /^https?$/ }).refine(isSafe, 'must begin with https://, unless it is on this machine'),
  clientId: z.string().min(1).max(500),
  clientSecret: z.string().min(1).max(500),
  /** How the client shows its secret: in the header, as is usual, or in the body. */
  secretIn: z.enum(['header', 'body']).default('header'),
  /** The domains of whose addresses the issuer is believed. */
  domains: z.array(z.string().regex(/^(?:\*|[a-z0-9.-]+)$/, 'no domain in lower case, and not *')).default([]),
});
export type IssuerConfig = Readonly<z.output<typeof Issuer>>;

const areDifferent = (issuers: readonly IssuerConfig[]): boolean => new Set(issuers.map(({ name }) => name)).size === issuers.length;

const parse = (text: string, context: z.RefinementCtx): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue('no JSON');
    return z.NEVER;
  }
};

/** The issuers with which people may sign in, as JSON. */
export const Issuers = z
  .string()
  .default('[]')
  .transform(parse)
  .pipe(z.array(Issuer).max(50).refine(areDifferent, 'two issuers have one name'));
