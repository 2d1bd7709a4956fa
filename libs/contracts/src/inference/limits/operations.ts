import { z } from 'zod';
import { command, query } from '../../define.ts';
import { OrgSlug } from '../../identity/orgs/types.ts';
import { OrgId, PageRequest, pageOf } from '../../values.ts';
import { LimitedThing, LimitView, UsageLimits } from './types.ts';

const bounds = UsageLimits.shape;

const set = {
  thing: LimitedThing,
  /** What is left out bounds nothing. */
  limits: z.strictObject({
    requestsPerMinute: bounds.requestsPerMinute.default(null),
    tokensPerMinute: bounds.tokensPerMinute.default(null),
    inputTokensPerMinute: bounds.inputTokensPerMinute.default(null),
    outputTokensPerMinute: bounds.outputTokensPerMinute.default(null),
    tokensPerMonth: bounds.tokensPerMonth.default(null),
    concurrency: bounds.concurrency.default(null),
    spendPerDay: bounds.spendPerDay.default(null),
    spendPerMonth: bounds.spendPerMonth.default(null),
  }),
};

export const SetUsageLimit = command({
  subject: 'inference.set-usage-limit',
  summary: 'Bound what the organization, a member, a key or one model may use; what was set before is replaced, without bounds it is gone',
  http: 'PUT /orgs/{org}/usage-limits',
  access: 'billing:manage',
  input: z.strictObject({ org: OrgSlug, ...set }),
  output: LimitView,
  refusals: { OrgNotFound: 404, NothingToLimit: 400, TooManyLimits: 409 },
});

export const ListUsageLimits = query({
  subject: 'inference.list-usage-limits',
  summary: 'The limits of the organization: its own, and those that the operator set',
  http: 'GET /orgs/{org}/usage-limits',
  access: 'billing:read',
  input: PageRequest.extend({ org: OrgSlug }),
  output: pageOf(LimitView),
  refusals: { OrgNotFound: 404 },
});

export const SetOrgUsageLimit = command({
  subject: 'inference.set-org-usage-limit',
  summary: 'Bound what an organization may use, beside what it bounds itself; it holds everywhere within a second',
  http: 'PUT /usage-limits/{orgId}',
  access: 'operator',
  input: z.strictObject({ orgId: OrgId, ...set }),
  output: LimitView,
  refusals: { NothingToLimit: 400, TooManyLimits: 409 },
});

export const ListOrgUsageLimits = query({
  subject: 'inference.list-org-usage-limits',
  summary: 'The limits of an organization: those that the operator set, and its own',
  http: 'GET /usage-limits/{orgId}',
  access: 'operator',
  input: PageRequest.extend({ orgId: OrgId }),
  output: pageOf(LimitView),
  refusals: {},
});
