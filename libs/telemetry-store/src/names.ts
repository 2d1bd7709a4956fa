import type pg from 'pg';

export interface Named {
  /** Unique among what is named. */
  readonly key: string;
  /** The columns of its row, in the order of the statement. */
  readonly row: readonly (string | number)[];
  readonly day: number;
}

export interface NameStatement {
  /** Upserts from arrays, `$1`, `$2` … one for each column and the day last; answers `key` and `id`. */
  readonly text: string;
  readonly columns: number;
}

const mostRemembered = 50_000;

/** Ids of streams or series, remembered: the row of a name is touched once a day, not once a batch. */
export class Names {
  private readonly pool: pg.Pool;
  private readonly statement: NameStatement;
  private readonly remembered = new Map<string, { readonly id: number; readonly day: number }>();

  constructor(pool: pg.Pool, statement: NameStatement) {
    this.pool = pool;
    this.statement = statement;
  }

  /** The id of every key. */
  async idsOf(named: Iterable<Named>): Promise<ReadonlyMap<string, number>> {
    const ids = new Map<string, number>();
    const unknown = new Map<string, Named>();
    for (const each of named) {
      const known = this.remembered.get(each.key);
      if (known && known.day >= each.day) ids.set(each.key, known.id);
      else if (each.day > (unknown.get(each.key)?.day ?? Number.NEGATIVE_INFINITY)) unknown.set(each.key, each);
    }
    if (unknown.size > 0) await this.learn([...unknown.values()], ids);
    return ids;
  }

  forget(key?: string): void {
    if (key === undefined) this.remembered.clear();
    else this.remembered.delete(key);
  }

  private async learn(unknown: readonly Named[], ids: Map<string, number>): Promise<void> {
    // In one order everywhere, so that two writers of the same names wait for each other instead of both failing.
    const sorted = unknown.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    const columns = Array.from({ length: this.statement.columns }, (_, column) => sorted.map(({ row }) => row[column]));
    const { rows } = await this.pool.query<{ key: string; id: number }>(this.statement.text, [...columns, sorted.map(({ day }) => day)]);
    if (this.remembered.size + rows.length > mostRemembered) this.remembered.clear();
    const days = new Map(sorted.map(({ key, day }) => [key, day]));
    for (const { key, id } of rows) {
      ids.set(key, id);
      this.remembered.set(key, { id, day: days.get(key) ?? 0 });
    }
  }
}
