import { Effects } from './effect.ts';
import type { Step } from './pipeline.ts';
import type { Prepared } from './prepare.ts';
import { type CellText, RowStatement } from './row-statement.ts';
import type { Table } from './table.ts';
import { TableWriter } from './table-sql.ts';
import type { Claim } from './unit.ts';

type Rows = readonly (readonly CellText[])[];

const insertWith = (version: string): RowStatement =>
  new RowStatement(
    [
      { name: 'id', type: 'uuid' },
      { name: 'stream', type: 'text' },
      { name: 'before', type: 'int' },
      { name: 'version', type: 'int' },
      { name: 'type', type: 'text' },
      { name: 'data', type: 'json' },
      { name: 'metadata', type: 'json' },
      { name: 'at', type: 'timestamptz' },
      { name: 'person', type: 'text' },
    ],
    (source) => `INSERT INTO events (id, stream, version, type, data, metadata, recorded_at, person)
    SELECT r.id, r.stream, ${version}, r.type, r.data, r.metadata, r.at, r.person FROM ${source}`,
  );

/**
 * The unique key on (stream, version) refuses a version that exists; a version whose predecessor does not exist becomes NULL here,
 * and the column refuses that. The look for the predecessor is a scalar sub-query because the planner never turns one into a scan.
 */
const insertEvents = insertWith(`CASE WHEN r.before = 0 THEN r.version
      ELSE (SELECT r.version FROM events p WHERE p.stream = r.stream AND p.version = r.before) END`);
/** Where every stream is new there is no predecessor to look for. */
const insertFirstEvents = insertWith('r.version');

const insertionOf = (rows: Rows): RowStatement => (rows.every((row) => row[beforeColumn] === '0') ? insertFirstEvents : insertEvents);
const beforeColumn = 2;

const insertOnce = new RowStatement(
  [
    { name: 'scope', type: 'text' },
    { name: 'key', type: 'text' },
    { name: 'hash', type: 'text' },
    { name: 'answer', type: 'text' },
    { name: 'sealed', type: 'boolean' },
  ],
  (source) => `INSERT INTO once (scope, key, hash, answer, sealed) SELECT r.scope, r.key, r.hash, r.answer, r.sealed FROM ${source}`,
);

const claimColumns = [
  { name: 'scope', type: 'text' },
  { name: 'key', type: 'text' },
  { name: 'stream', type: 'text' },
];

const takeClaims = new RowStatement(
  claimColumns,
  (source) => `INSERT INTO claims (scope, key, stream) SELECT r.scope, r.key, r.stream FROM ${source}`,
);

const releaseClaims = new RowStatement(
  claimColumns,
  (source) => `DELETE FROM claims c USING ${source} WHERE c.scope = r.scope AND c.key = r.key AND c.stream = r.stream`,
);

const stepsFor = (statement: RowStatement, rows: Rows): readonly Step[] => (rows.length > 0 ? [statement.step(rows)] : []);

const takenBy = (claim: Claim): Rows => ('take' in claim ? [[claim.scope, claim.key, claim.take]] : []);
const releasedBy = (claim: Claim): Rows => ('release' in claim ? [[claim.scope, claim.key, claim.release]] : []);

/** Turns units into the steps of one transaction. The marker of a repeated command goes first: it wins over a version conflict. */
export class BatchWriter {
  private readonly writers = new Map<Table, TableWriter>();

  steps(batch: readonly Prepared[]): readonly Step[] {
    const claims = batch.flatMap(({ unit }) => unit.claims ?? []);
    const events = batch.flatMap((prepared) => prepared.events);
    return [
      ...stepsFor(
        insertOnce,
        batch.flatMap(({ once }) => (once ? [once] : [])),
      ),
      ...stepsFor(insertionOf(events), events),
      ...stepsFor(releaseClaims, claims.flatMap(releasedBy)),
      ...stepsFor(takeClaims, claims.flatMap(takenBy)),
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
