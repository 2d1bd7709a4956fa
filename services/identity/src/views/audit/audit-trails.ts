import type { InputOf, identity, OutputOf } from '@orrery/contracts';
import { cursorOf, type EventStore, erased, InvalidCursor } from '@orrery/event-store';
import pg from 'pg';
import type { AddressMac } from '../../application/audit/address-mac.ts';
import { type OpenOrigin, OriginSeal } from '../../application/audit/origin-seal.ts';
import { users } from '../people.view.ts';
import { type AuditRow, auditEntries } from './audit-entries.ts';
import { auditQuery } from './audit-query.ts';

type Wanted = InputOf<typeof identity.ListSecurityEvents>;
type Page = OutputOf<typeof identity.ListAudit>;

/** invalid_text_representation, invalid_datetime_format, datetime_field_overflow */
const unreadable = new Set(['22P02', '22007', '22008']);

const entryOf = (row: AuditRow, names: ReadonlyMap<string, string>, origin: OpenOrigin | undefined): identity.AuditEntry => {
  const { id, at, action, outcome, actorKind, actorId, targetKind, targetId, requestId, traceId, details } = row;
  const name = actorKind === 'user' && actorId !== null ? (names.get(actorId) ?? erased) : null;
  return {
    id,
    at,
    action,
    outcome,
    actor: { kind: actorKind, id: actorId, name },
    target: targetKind === null || targetId === null ? null : { kind: targetKind, id: targetId },
    ip: origin?.ip ?? null,
    userAgent: origin?.userAgent ?? null,
    requestId,
    traceId,
    details,
  };
};

/** Reads audit trails. */
export class AuditTrails {
  private readonly seal: OriginSeal;

  constructor(
    private readonly store: EventStore,
    private readonly mac: AddressMac,
  ) {
    this.seal = new OriginSeal(store);
  }

  async page(scope: string, { limit, cursor, ...filter }: Wanted): Promise<Page> {
    const ipMac = filter.ip === undefined ? undefined : this.mac.of(scope, filter.ip);
    const reader = this.store.read(auditEntries);
    const { text, values } = auditQuery({ scope, filter, ipMac, limit: limit + 1, cursor }, reader.columns);
    const rows = await reader.rows(text, values).catch((error: unknown) => {
      // Bounds that cannot be read came with the cursor: the rest is ours.
      if (cursor !== undefined && error instanceof pg.DatabaseError && unreadable.has(error.code ?? '')) {
        throw new InvalidCursor('not a cursor of this list', { cause: error });
      }
      throw error;
    });
    const shown = rows.slice(0, limit);
    const [names, origins] = await Promise.all([this.namesOf(shown), this.seal.open(shown)]);
    const items = shown.map((row) => entryOf(row, names, origins.get(row.id)));
    const last = rows.length > limit ? shown.at(-1) : undefined;
    return last ? { items, nextCursor: cursorOf([last.at, last.id]) } : { items };
  }

  /** Read with each page, so that they go when their person goes. */
  private async namesOf(rows: readonly AuditRow[]): Promise<ReadonlyMap<string, string>> {
    const ids = [...new Set(rows.flatMap(({ actorKind, actorId }) => (actorKind === 'user' && actorId !== null ? [actorId] : [])))];
    if (ids.length === 0) return new Map();
    const { rows: people } = await this.store.pool.query<{ id: string; email: string }>({
      name: 'identity-audit-names',
      text: `SELECT id::text, email FROM ${users.table} WHERE id = ANY($1::uuid[])`,
      values: [ids],
    });
    return new Map(people.map(({ id, email }) => [id, email]));
  }
}
