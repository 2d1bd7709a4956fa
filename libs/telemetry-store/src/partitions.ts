import pg from 'pg';
import { transact } from './database.ts';
import { dayMs, dayName, dayOf } from './days.ts';

/** How far a clock that is not ours may be ahead. */
const aheadMs = dayMs;

export interface Retention {
  readonly days: number;
  readonly now: () => number;
}

/** The daily tables below one partitioned table: made when the first row of a day comes, dropped when the day is too old. */
export class Partitions {
  private readonly pool: pg.Pool;
  private readonly table: string;
  private readonly retention: Retention;
  private readonly known = new Set<number>();

  constructor(pool: pg.Pool, table: 'log_entries' | 'metric_samples', retention: Retention) {
    this.pool = pool;
    this.table = table;
    this.retention = retention;
  }

  /** The first day that is kept. */
  get oldest(): number {
    return dayOf(this.retention.now()) - this.retention.days + 1;
  }

  /** Whether a row of this time can be kept at all. Agents' clocks are not trusted: a wrong year must not make a table. */
  holds(at: number): boolean {
    return Number.isSafeInteger(at) && dayOf(at) >= this.oldest && at <= this.retention.now() + aheadMs;
  }

  async ensure(days: Iterable<number>): Promise<void> {
    for (const day of new Set(days)) {
      if (this.known.has(day)) continue;
      await this.create(day);
      this.known.add(day);
    }
  }

  /** Drops the days that are too old, and answers how many. */
  async drop(): Promise<number> {
    const { rows } = await this.pool.query<{ name: string }>(
      'SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = $1::regclass',
      [this.table],
    );
    const first = `${this.table}_${dayName(this.oldest)}`;
    const old = rows.map(({ name }) => name).filter((name) => name < first);
    for (const name of old) {
      await transact(this.pool, async (client) => {
        // Readers of the parent wait behind this lock: give up soon, the next round tries again.
        await client.query("SET LOCAL lock_timeout = '2s'");
        await client.query(`DROP TABLE IF EXISTS ${pg.escapeIdentifier(name)}`);
      });
    }
    for (const day of this.known) if (day < this.oldest) this.known.delete(day);
    return old.length;
  }

  /** Made apart and then attached, which does not stop those who write to other days. */
  private async create(day: number): Promise<void> {
    const name = `${this.table}_${dayName(day)}`;
    await transact(this.pool, async (client) => {
      await client.query("SELECT pg_advisory_xact_lock(hashtextextended('orrery partition ' || $1, 0))", [this.table]);
      const { rows } = await client.query<{ missing: boolean }>('SELECT to_regclass($1) IS NULL AS missing', [name]);
      if (!rows[0]?.missing) return;
      await client.query(`CREATE TABLE ${name} (LIKE ${this.table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`);
      await client.query(`ALTER TABLE ${this.table} ATTACH PARTITION ${name} FOR VALUES FROM (${day * dayMs}) TO (${(day + 1) * dayMs})`);
    });
  }
}
