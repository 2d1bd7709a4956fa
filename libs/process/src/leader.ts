import { pause } from '@orrery/kernel';
import type { Log } from '@orrery/telemetry';
import pg from 'pg';

/** One time in office. */
export interface Term {
  /** Greater in every later term: whoever writes with a smaller one has been replaced. */
  readonly fence: bigint;
  /** Aborted when the term is over. */
  readonly signal: AbortSignal;
}

export interface Office {
  readonly url: string;
  /** Unique in its database, such as `scheduler`. */
  readonly name: string;
  readonly log: Log;
  /** The work of the leader; ends soon after `term.signal` is aborted. If it ends or throws by itself, the office falls vacant. */
  readonly serve: (term: Term) => Promise<void>;
  /** How often a candidate looks whether the office is vacant, and the leader whether it still holds it. */
  readonly everyMs?: number;
}

export interface Candidate {
  readonly isLeading: () => boolean;
  /** Ends the term, gives up the office, and waits for the work to end. */
  readonly stop: () => Promise<void>;
}

const table = `CREATE TABLE IF NOT EXISTS leadership (
  name text PRIMARY KEY, fence bigint NOT NULL, since timestamptz NOT NULL DEFAULT now())`;
const nextTerm = `INSERT INTO leadership AS l (name, fence) VALUES ($1, 1)
  ON CONFLICT (name) DO UPDATE SET fence = l.fence + 1, since = now() RETURNING fence::text AS fence`;
const tryLock = `SELECT pg_try_advisory_lock(hashtextextended('orrery leader ' || $1, 0)) AS held`;

/** Somebody else was elected since: what was about to be written must not be. */
export class TermOver extends Error {
  override readonly name = 'TermOver';
}

/** Inside a transaction: refuses to go on where a later term has begun, and lets none begin until the transaction ends. */
export const assertTerm = async (client: Pick<pg.ClientBase, 'query'>, name: string, fence: bigint): Promise<void> => {
  const { rowCount } = await client.query('SELECT FROM leadership WHERE name = $1 AND fence = $2 FOR SHARE', [name, fence.toString()]);
  if (rowCount !== 1) throw new TermOver(`term ${fence} of ${name} is over`);
};

class Campaign implements Candidate {
  private readonly office: Office;
  private readonly over = new AbortController();
  private readonly everyMs: number;
  private leading = false;
  private readonly ended: Promise<void>;

  constructor(office: Office) {
    this.office = office;
    this.everyMs = office.everyMs ?? 1_000;
    this.ended = this.run();
  }

  isLeading(): boolean {
    return this.leading;
  }

  async stop(): Promise<void> {
    this.over.abort();
    await this.ended;
  }

  private async run(): Promise<void> {
    const { log, name } = this.office;
    while (!this.over.signal.aborted) {
      // The outermost loop of a task that lives as long as its process: it logs and tries again.
      await this.stand().catch((error: unknown) => log.warn({ err: error, office: name }, 'leadership was interrupted'));
      await this.rest();
    }
  }

  private async rest(): Promise<void> {
    await pause(this.everyMs * (0.75 + Math.random() / 2), this.over.signal);
  }

  /** On one connection of its own: the lock lives and dies with it. */
  private async stand(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.office.url,
      application_name: `orrery leader ${this.office.name}`,
      connectionTimeoutMillis: 5_000,
      query_timeout: 5_000,
      keepAlive: true,
    });
    const broken = new AbortController();
    client.on('error', (error) => broken.abort(error)).on('end', () => broken.abort());
    await client.connect();
    try {
      while (!this.over.signal.aborted && !broken.signal.aborted) {
        const { rows } = await client.query<{ held: boolean }>(tryLock, [this.office.name]);
        if (rows[0]?.held) return await this.reign(client, broken.signal);
        await this.rest();
      }
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  private async reign(client: pg.Client, broken: AbortSignal): Promise<void> {
    await client.query(table);
    const { rows } = await client.query<{ fence: string }>(nextTerm, [this.office.name]);
    const fence = BigInt(rows[0]?.fence ?? 0);
    const ended = new AbortController();
    const signal = AbortSignal.any([this.over.signal, broken, ended.signal]);
    const { log, name, serve } = this.office;
    log.info({ office: name, fence: fence.toString() }, 'leading');
    this.leading = true;
    try {
      const watch = this.watch(client, signal).finally(() => ended.abort());
      await Promise.all([serve({ fence, signal }).finally(() => ended.abort()), watch]);
    } finally {
      this.leading = false;
      log.info({ office: name, fence: fence.toString() }, 'leading no more');
    }
  }

  /** A connection that died without a word shows itself only to who asks. */
  private async watch(client: pg.Client, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(this.everyMs * 5, signal);
      if (!signal.aborted) await client.query('SELECT 1');
    }
  }
}

/** Stands for an office of which one holder is enough and two are too many. Starts at once, and for good. */
export const lead = (office: Office): Candidate => new Campaign(office);
