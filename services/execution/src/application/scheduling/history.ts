import type pg from 'pg';

const freshMs = 60_000;
const lastRuns = 1_000;

/** Which part of their time limits the last runs used, on average; null where none has ended yet. */
export class History {
  private known: { readonly share: number | null; readonly at: number } | undefined;

  constructor(private readonly database: Pick<pg.Pool, 'query'>) {}

  async meanShare(now: number): Promise<number | null> {
    if (this.known && now - this.known.at < freshMs) return this.known.share;
    const { rows } = await this.database.query<{ share: number | null }>({
      name: 'mean-share-of-limits',
      text: `SELECT avg(least(1, ran_ms / (1000.0 * timeout_seconds)))::float8 AS share FROM (
        SELECT ran_ms, timeout_seconds FROM run_list WHERE ran_ms > 0 ORDER BY id DESC LIMIT $1) last`,
      values: [lastRuns],
    });
    const share = rows[0]?.share ?? null;
    this.known = { share, at: now };
    return share;
  }
}
