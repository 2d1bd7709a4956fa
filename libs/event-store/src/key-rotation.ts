import type pg from 'pg';
import { envelopeBinding } from './envelope.ts';
import type { EventStore } from './event-store.ts';
import { onceBinding } from './prepare.ts';
import type { Sealer } from './sealer.ts';
import { quoted } from './table-sql.ts';

type Row = Readonly<Record<string, string>>;

/** A column with what `sealText` made, so that a change of the key-encryption key reaches it. */
export interface SealedColumn {
  readonly table: string;
  readonly column: string;
  /** Names and SQL types of the key. */
  readonly key: Readonly<Record<string, 'uuid' | 'text'>>;
  /** Further columns that the binding needs. */
  readonly also?: readonly string[];
  /** What the text of this row is bound to. */
  readonly bindingOf: (row: Row) => string;
}

/** The sealed data keys of envelopes; `bindingOf` is that of the envelopes. */
export const sealedKeys = (column: SealedColumn): SealedColumn => ({
  ...column,
  bindingOf: (row) => envelopeBinding(column.bindingOf(row)),
});

/** Answers of commands that hold secrets: in every log. */
const answers: SealedColumn = {
  table: 'once',
  column: 'answer',
  key: { scope: 'text', key: 'text' },
  bindingOf: ({ scope = '', key = '' }) => onceBinding(scope, key),
};
const isSealed = (column: SealedColumn): string => `${quoted(column.column)} IS NOT NULL${column === answers ? ' AND sealed' : ''}`;

/** Rows of a table that are sealed under a key. */
export interface KeyUse {
  readonly table: string;
  readonly key: string;
  readonly isCurrent: boolean;
  readonly rows: number;
}

export interface Resealed {
  readonly table: string;
  readonly rows: number;
}

const batch = 500;

/** Which key-encryption keys are needed to open what lies in this database. */
export const keysInUse = async ({ pool, sealer }: EventStore, columns: readonly SealedColumn[]): Promise<readonly KeyUse[]> => {
  const uses: KeyUse[] = [];
  const count = async (table: string, key: string, condition: string): Promise<void> => {
    const { rows } = await pool.query<{ key: string; rows: string }>(
      `SELECT ${key} AS key, count(*)::text AS rows FROM ${quoted(table)} WHERE ${condition} GROUP BY 1 ORDER BY 1`,
    );
    uses.push(...rows.map((row) => ({ table, key: row.key, isCurrent: row.key === sealer.currentKey, rows: Number(row.rows) })));
  };
  await count('person_keys', 'kek', 'true');
  for (const column of [answers, ...columns]) await count(column.table, `split_part(${quoted(column.column)}, '.', 1)`, isSealed(column));
  return uses;
};

/**
 * Seals anew, under today's key-encryption key, whatever is sealed under another one; says how much that was. It may be killed at any
 * moment and repeated: each row is sealed under one key or the other, and both open while both are known.
 */
export const rotateKeys = async ({ pool, sealer }: EventStore, columns: readonly SealedColumn[]): Promise<readonly Resealed[]> => {
  const done: Resealed[] = [{ table: 'person_keys', rows: await sealer.rotateKeys() }];
  for (const column of [answers, ...columns]) done.push({ table: column.table, rows: await new Turn(pool, sealer, column).reseal() });
  return done;
};

/** The change of one column, along its key: what is skipped was sealed under today's key before. */
class Turn {
  private readonly names: readonly string[];
  private readonly table: string;
  private readonly sealed: string;

  constructor(
    private readonly pool: pg.Pool,
    private readonly sealer: Sealer,
    private readonly column: SealedColumn,
  ) {
    this.names = Object.keys(column.key);
    this.table = quoted(column.table);
    this.sealed = quoted(column.column);
  }

  async reseal(): Promise<number> {
    let resealed = 0;
    for (let last: Row | undefined; ; ) {
      const rows = await this.after(last);
      if (rows.length === 0) return resealed;
      resealed += await this.replace(rows);
      last = rows.at(-1);
    }
  }

  private async after(last: Row | undefined): Promise<readonly Row[]> {
    const { also = [] } = this.column;
    const key = this.names.map(quoted).join(', ');
    const further = last === undefined ? '' : `AND (${key}) > (${this.names.map((_, index) => `$${index + 2}`).join(', ')})`;
    const shown = [...this.names, ...also].map((name) => `${quoted(name)}::text`).join(', ');
    const { rows } = await this.pool.query<Record<string, string>>(
      `SELECT ${shown}, ${this.sealed} AS "$sealed" FROM ${this.table}
        WHERE ${isSealed(this.column)} AND NOT starts_with(${this.sealed}, $1) ${further} ORDER BY ${key} LIMIT ${batch}`,
      [`${this.sealer.currentKey}.`, ...(last === undefined ? [] : this.names.map((name) => last[name]))],
    );
    return rows;
  }

  /** Of a row that somebody wrote meanwhile the new text stays: it is sealed under today's key. */
  private async replace(rows: readonly Row[]): Promise<number> {
    const fresh = rows.map((row) => {
      const binding = this.column.bindingOf(row);
      return this.sealer.sealText(this.sealer.openText(row['$sealed'] ?? '', binding), binding);
    });
    const types = [...Object.values(this.column.key), 'text', 'text'];
    const lists = [...this.names.map((name) => rows.map((row) => row[name])), rows.map((row) => row['$sealed']), fresh];
    const places = types.map((type, index) => `$${index + 1}::${type}[]`).join(', ');
    const matches = this.names.map((name) => `t.${quoted(name)} = r.${quoted(name)}`).join(' AND ');
    const { rowCount } = await this.pool.query(
      `UPDATE ${this.table} t SET ${this.sealed} = r.fresh FROM unnest(${places}) AS r(${this.names.map(quoted).join(', ')}, former, fresh)
        WHERE ${matches} AND t.${this.sealed} = r.former`,
      lists,
    );
    return rowCount ?? 0;
  }
}
