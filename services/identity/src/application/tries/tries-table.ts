import type pg from 'pg';
import type { Tally } from '../../domain/tries.ts';

interface Row {
  readonly failures: string;
  readonly since: Date;
  readonly locked_until: Date;
  readonly version: string;
}

export interface Kept {
  readonly tally: Tally;
  readonly version: bigint;
}

const pruneBatch = 1_000;

/** The rows behind `Tries`. A row is changed only by whoever has seen it as it is. */
export class TriesTable {
  constructor(private readonly pool: pg.Pool) {}

  async find(key: string): Promise<Kept | undefined> {
    const { rows } = await this.pool.query<Row>({
      name: 'identity-find-tries',
      text: 'SELECT failures::text, since, locked_until, version::text FROM tries WHERE key = $1',
      values: [key],
    });
    const [row] = rows;
    if (!row) return undefined;
    const tally = { failures: Number(row.failures), since: row.since.getTime(), lockedUntil: row.locked_until.getTime() };
    return { tally, version: BigInt(row.version) };
  }

  /** False where somebody else was quicker. */
  async keep(key: string, { failures, since, lockedUntil }: Tally, forgetAt: number, seen: bigint): Promise<boolean> {
    const { rowCount } = await this.pool.query({
      name: 'identity-keep-tries',
      text: `INSERT INTO tries AS t (key, failures, since, locked_until, forget_at, version) VALUES ($1, $2, $3, $4, $5, $6 + 1)
        ON CONFLICT (key) DO UPDATE SET failures = EXCLUDED.failures, since = EXCLUDED.since, locked_until = EXCLUDED.locked_until,
          forget_at = EXCLUDED.forget_at, version = EXCLUDED.version WHERE t.version = $6`,
      values: [key, failures, new Date(since), new Date(lockedUntil), new Date(forgetAt), seen.toString()],
    });
    return rowCount === 1;
  }

  async drop(key: string): Promise<void> {
    await this.pool.query({ name: 'identity-drop-tries', text: 'DELETE FROM tries WHERE key = $1', values: [key] });
  }

  /** Forgets what matters no more; says how much that was. */
  async prune(now: number): Promise<number> {
    const { rowCount } = await this.pool.query({
      name: 'identity-prune-tries',
      text: 'DELETE FROM tries WHERE key IN (SELECT key FROM tries WHERE forget_at < $1 ORDER BY forget_at LIMIT $2)',
      values: [new Date(now), pruneBatch],
    });
    return rowCount ?? 0;
  }
}
