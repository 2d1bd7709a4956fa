import { Effects } from './effect.ts';
import { type Step, statementOf } from './pipeline.ts';
import type { Prepared } from './prepare.ts';
import type { Table } from './table.ts';
import { TableWriter } from './table-sql.ts';
import type { Claim } from './unit.ts';

/**
 * The unique key on (stream, version) refuses a version that exists; a version whose predecessor does not exist becomes NULL here,
 * and the column refuses that. The look for the predecessor is a scalar sub-query because the planner never turns one into a scan.
 */
const insertEvents = statementOf(`
  INSERT INTO events (id, stream, version, type, data, metadata, recorded_at, person)
  SELECT r.i, r.s, CASE WHEN r.e = 0 THEN r.v ELSE (SELECT r.v FROM events p WHERE p.stream = r.s AND p.version = r.e) END,
    r.t, r.d, r.m, r.a, r.p
  FROM json_to_recordset($1::json) AS r(i uuid, s text, e int, v int, t text, d json, m json, a timestamptz, p text)`);

const insertOnce = statementOf(`
  INSERT INTO once (scope, key, hash, answer, sealed)
  SELECT r.s, r.k, r.h, r.a, r.z FROM json_to_recordset($1::json) AS r(s text, k text, h text, a text, z boolean)`);

const takeClaims = statementOf(`
  INSERT INTO claims (scope, key, stream)
  SELECT r.scope, r.key, r.take FROM json_to_recordset($1::json) AS r(scope text, key text, take text)`);

const releaseClaims = statementOf(`
  DELETE FROM claims c USING json_to_recordset($1::json) AS r(scope text, key text, release text)
  WHERE c.scope = r.scope AND c.key = r.key AND c.stream = r.release`);

const list = (rows: readonly string[]): string => `[${rows.join(',')}]`;

const isTake = (claim: Claim): boolean => 'take' in claim;

/** Turns units into the steps of one transaction. The marker of a repeated command goes first: it wins over a version conflict. */
export class BatchWriter {
  private readonly writers = new Map<Table, TableWriter>();

  steps(batch: readonly Prepared[]): readonly Step[] {
    const once = batch.flatMap((unit) => unit.once ?? []);
    const events = batch.flatMap((unit) => unit.events);
    const claims = batch.flatMap(({ unit }) => unit.claims ?? []);
    const releases = claims.filter((claim) => !isTake(claim));
    const takes = claims.filter(isTake);
    return [
      ...(once.length > 0 ? [{ statement: insertOnce, values: [list(once)] }] : []),
      ...(events.length > 0 ? [{ statement: insertEvents, values: [list(events)] }] : []),
      ...(releases.length > 0 ? [{ statement: releaseClaims, values: [JSON.stringify(releases)] }] : []),
      ...(takes.length > 0 ? [{ statement: takeClaims, values: [JSON.stringify(takes)] }] : []),
      ...this.tableSteps(batch),
    ];
  }

  private tableSteps(batch: readonly Prepared[]): readonly Step[] {
    const tables = new Map<Table, Effects>();
    for (const { changes } of batch) {
      for (const group of changes) {
        const effects = tables.get(group.table) ?? new Effects(group.table);
        tables.set(group.table, effects);
        for (const change of group.changes) effects.add(change);
      }
    }
    // In one order for everyone, so that two transactions never wait for each other.
    return [...tables].sort(([a], [b]) => (a.table < b.table ? -1 : 1)).flatMap(([table, effects]) => this.writerOf(table).steps(effects));
  }

  private writerOf(table: Table): TableWriter {
    const known = this.writers.get(table);
    if (known) return known;
    const writer = new TableWriter(table);
    this.writers.set(table, writer);
    return writer;
  }
}
