import { boolean, instant, json, nullable, type TableRow, table, text, uuid } from '@orrery/event-store';

/** An address and a program, sealed with the key of the person of whom they tell. */
export interface SealedOrigin {
  readonly person: string;
}

/** Filled by a consumer: its facts come from the logs of all services. */
export const auditEntries = table({
  table: 'audit_entries',
  columns: {
    scope: uuid(),
    id: uuid(),
    at: instant(),
    action: text(),
    outcome: text<'granted' | 'refused'>(),
    actorKind: text<'nobody' | 'user' | 'key' | 'app' | 'agent' | 'service' | 'operator'>(),
    actorId: nullable(text()),
    targetKind: nullable(text()),
    targetId: nullable(text()),
    requestId: text(),
    traceId: nullable(text()),
    details: json<Record<string, unknown>>(),
    source: text(),
    awaitsOrigin: boolean(),
    person: nullable(text()),
    origin: nullable(json<SealedOrigin>()),
    ipMac: nullable(text()),
  },
  key: ['scope', 'id'],
});
export type AuditRow = TableRow<typeof auditEntries>;

/** Whose entries are those of nobody's organization: machines, prices, keys that sign. */
export const platformScope = '00000000-0000-0000-0000-000000000000';
