import { z } from 'zod';
import { query } from '../../define.ts';
import { Instant, PageRequest, pageOf, Text } from '../../values.ts';
import { OrgSlug } from '../orgs/types.ts';
import { AuditEntry } from './types.ts';

/** Each narrows what is told; all of them together. */
export const AuditFilter = z.strictObject({
  /** `member.role_changed`, or the beginning of it: `member`. */
  action: Text.min(1).max(100).optional(),
  /** The id of whoever did it. */
  actor: Text.min(1).max(200).optional(),
  /** The id of what it was done to. */
  target: Text.min(1).max(200).optional(),
  ip: Text.min(1).max(64).optional(),
  outcome: AuditEntry.shape.outcome.optional(),
  /** From this instant on. */
  from: Instant.optional(),
  /** Before this instant. */
  to: Instant.optional(),
});
export type AuditFilter = z.infer<typeof AuditFilter>;

const wanted = { ...PageRequest.shape, ...AuditFilter.shape };

export const auditFile = {
  http: 'GET /orgs/{org}/audit/export',
  formats: { ndjson: 'application/x-ndjson', csv: 'text/csv' },
} as const;

export const ListAudit = query({
  subject: 'identity.list-audit',
  summary: 'What was done in the organization and to its members that matters to its security, newest first',
  http: 'GET /orgs/{org}/audit',
  access: 'audit:read',
  input: z.strictObject({ org: OrgSlug, ...wanted }),
  output: pageOf(AuditEntry),
  refusals: {},
  file: auditFile,
});

export const ListSecurityEvents = query({
  subject: 'identity.list-security-events',
  summary: 'What was done with the account of the person who calls, newest first',
  http: 'GET /me/security-events',
  access: 'user',
  input: z.strictObject(wanted),
  output: pageOf(AuditEntry),
  refusals: {},
});

export const ListPlatformAudit = query({
  subject: 'identity.list-platform-audit',
  summary: 'What was done to the platform itself: machines, prices, keys that sign; newest first',
  http: 'GET /platform/audit',
  access: 'operator',
  input: z.strictObject(wanted),
  output: pageOf(AuditEntry),
  refusals: {},
});
