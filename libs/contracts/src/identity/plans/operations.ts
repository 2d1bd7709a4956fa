import { z } from 'zod';
import { command, query } from '../../define.ts';
import { OrgId } from '../../values.ts';
import { OrgSlug } from '../orgs/types.ts';
import { PlanName, PlanView } from './types.ts';

export const SetOrgPlan = command({
  subject: 'identity.set-org-plan',
  summary: 'Put an organization on a plan, or with null on none; it holds everywhere within a second',
  http: 'PUT /plans/{orgId}',
  access: 'operator',
  input: z.strictObject({ orgId: OrgId, plan: PlanName.nullable() }),
  output: PlanView,
  refusals: { OrgNotFound: 404 },
});

export const GetOrgPlan = query({
  subject: 'identity.get-org-plan',
  summary: 'The plan of the organization, and what it allows',
  http: 'GET /orgs/{org}/plan',
  access: 'org:read',
  input: z.strictObject({ org: OrgSlug }),
  output: PlanView,
  refusals: {},
});
