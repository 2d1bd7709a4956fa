import { auditFacts, type identity } from '@orrery/contracts';
import { cellsOf } from '@orrery/event-store';

export interface AuditWanted {
  readonly scope: string;
  readonly filter: identity.AuditFilter;
  /** What the wanted address is found by. */
  readonly ipMac: string | undefined;
  readonly limit: number;
  readonly cursor: string | undefined;
}

export interface AuditQuery {
  readonly text: string;
  readonly values: readonly unknown[];
}

const actions = [...new Set([...auditFacts.values()].map(({ action }) => action))].sort();

/** Every action there is that begins so. */
const actionsLike = (beginning: string): readonly string[] => actions.filter((action) => action.startsWith(beginning));

const newestFirst = 'ORDER BY at DESC, id DESC';

class Clauses {
  readonly values: unknown[] = [];
  readonly #clauses: string[] = [];

  /** `test` holds a `?` where the value goes. */
  add(test: string, value: unknown): void {
    if (value === undefined) return;
    this.values.push(value);
    this.#clauses.push(test.replace('?', `$${this.values.length}`));
  }

  next(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  get sql(): string {
    return this.#clauses.join(' AND ');
  }
}

/** Instants and ids as they are written in a cursor; whatever else comes is refused by its types. */
const addCursor = (clauses: Clauses, cursor: string | undefined): void => {
  if (cursor === undefined) return;
  const [at, id] = cellsOf(cursor, 2);
  clauses.add(`(at, id) < (${clauses.next(at)}::timestamptz, ?::uuid)`, id);
};

/**
 * A page of an audit trail, newest first: each filter has an index that gives its rows in that order. Of several actions each is
 * looked up by itself, as many rows as there is room for, and the newest of all remain.
 */
export const auditQuery = ({ scope, filter, ipMac, limit, cursor }: AuditWanted, columns: string): AuditQuery => {
  const { action, actor, target, outcome, from, to } = filter;
  const clauses = new Clauses();
  clauses.add('scope = ?', scope);
  addCursor(clauses, cursor);
  clauses.add('at >= ?', from);
  clauses.add('at < ?', to);
  clauses.add('outcome = ?', outcome);
  clauses.add('actor_id = ?', actor);
  clauses.add('target_id = ?', target);
  clauses.add('ip_mac = ?', ipMac);
  const rows = (where: string): string => `SELECT ${columns} FROM audit_entries WHERE ${where} ${newestFirst} LIMIT ${bound}`;
  const bound = clauses.next(limit);
  if (action === undefined) return { text: rows(clauses.sql), values: clauses.values };
  const wanted = clauses.next(actionsLike(action));
  const isNarrow = [actor, target, ipMac].some((found) => found !== undefined);
  if (isNarrow) return { text: rows(`${clauses.sql} AND action = ANY(${wanted})`), values: clauses.values };
  const ofEach = rows(`${clauses.sql} AND action = wanted.one`);
  const text = `SELECT found.* FROM unnest(${wanted}::text[]) AS wanted (one) CROSS JOIN LATERAL (${ofEach}) found ${newestFirst} LIMIT ${bound}`;
  return { text, values: clauses.values };
};
