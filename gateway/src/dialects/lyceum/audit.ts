import { identity } from '@orrery/contracts';
import { z } from 'zod';
import { type AuditForm, auditExport } from '../../audit/export.ts';
import type { ExportPlaces } from '../../audit/places.ts';
import type { Route } from '../../dialect.ts';
import { integer } from '../row.ts';
import { stringify, type Writable } from './json.ts';
import { slugOf } from './organizations.ts';
import { row, under } from './row.ts';

type Entry = identity.AuditEntry;

const flat = ({ id, at, action, outcome, actor, target, ip, userAgent, requestId, traceId }: Entry) => ({
  id,
  timestamp: at,
  action,
  outcome,
  actor_type: actor.kind,
  actor_id: actor.id,
  actor_email: actor.name,
  target_type: target?.kind ?? null,
  target_id: target?.id ?? null,
  ip_address: ip,
  user_agent: userAgent,
  request_id: requestId,
  trace_id: traceId,
});

/** Details come from events as JSON, and leave as JSON. */
const entry = (told: Entry): Writable => ({ ...flat(told), details: told.details as Writable });

const form: AuditForm = {
  columns: [
    'id',
    'timestamp',
    'action',
    'outcome',
    'actor_type',
    'actor_id',
    'actor_email',
    'target_type',
    'target_id',
    'ip_address',
    'user_agent',
    'request_id',
    'trace_id',
    'details',
  ],
  json: (told) => stringify(entry(told)),
  cells: (told) => ({ ...flat(told), details: JSON.stringify(told.details) }),
};

const Query = z.object({
  ...identity.AuditFilter.shape,
  limit: integer(z.int().min(1).max(500)).default(50),
  cursor: z.string().optional(),
});

const page = ({ items, nextCursor }: { readonly items: readonly Entry[]; readonly nextCursor?: string | undefined }): Writable => ({
  entries: items.map(entry),
  next_cursor: nextCursor ?? null,
});

const pages = [
  row({
    method: 'GET',
    path: '/orgs/{slug}/audit',
    operations: [identity.ListAudit],
    query: Query,
    answer: async (to, { path, query }) => page(await to.ask(identity.ListAudit, { org: slugOf(path), ...query })),
  }),
  row({
    method: 'GET',
    path: '/user/security-events',
    operations: [identity.ListSecurityEvents],
    query: Query,
    answer: async (to, { query }) => page(await to.ask(identity.ListSecurityEvents, query)),
  }),
];

export const audit = (places: ExportPlaces): readonly Route[] => [
  ...pages,
  auditExport({ path: under('/orgs/{slug}/audit/export'), orgField: 'slug', form, places }),
];
