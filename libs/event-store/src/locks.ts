import { setTimeout as timer } from 'node:timers/promises';
import pg from 'pg';

/** A connection of its own that holds locks and hears notices. When it is gone, the locks are gone. */
export interface Locks {
  /** Aborted as soon as the connection is known to be lost, and with it every lock. */
  readonly lost: AbortSignal;
  /** Takes the lock if nobody holds it. */
  readonly take: (name: string) => Promise<boolean>;
  readonly free: (name: string) => Promise<void>;
  readonly query: <R extends pg.QueryResultRow>(query: pg.QueryConfig) => Promise<pg.QueryResult<R>>;
  /** Hears NOTIFY on the channel from now on. */
  readonly listen: (channel: string, heard: () => void) => Promise<void>;
  readonly close: () => Promise<void>;
}

const settings = [
  // A checkpoint that a crash takes back costs a repeat, which the stream and the inboxes absorb.
  'SET synchronous_commit = off',
  // The server must notice within half a minute that the holder's machine has gone.
  'SET tcp_keepalives_idle = 10',
  'SET tcp_keepalives_interval = 5',
  'SET tcp_keepalives_count = 3',
];

const queryTimeoutMs = 5_000;
const goodbyeMs = 2_000;
/** A connection whose other end vanished says nothing; only asking shows it. */
const proveEveryMs = 5_000;

const clientLike = (pool: pg.Pool, applicationName: string): pg.Client => {
  // The pool keeps the password out of sight of a spread.
  const { password, ...options } = pool.options;
  return new pg.Client({
    ...options,
    ...(password === undefined ? {} : { password }),
    application_name: applicationName,
    keepAlive: true,
    query_timeout: queryTimeoutMs,
    statement_timeout: queryTimeoutMs,
  });
};

/** Opens the connection, with the address and the credentials of the pool. */
export const openLocks = async (pool: pg.Pool, applicationName: string): Promise<Locks> => {
  const client = clientLike(pool, applicationName);
  const lost = new AbortController();
  const lose = (): void => lost.abort(new Error('the connection that holds the locks is lost'));
  client.on('error', lose);
  client.on('end', lose);
  try {
    await client.connect();
    await client.query(settings.join('; '));
  } catch (error) {
    await client.end().catch(lose);
    throw error;
  }
  let turn: Promise<unknown> = Promise.resolve();
  const query = async <R extends pg.QueryResultRow>(config: pg.QueryConfig): Promise<pg.QueryResult<R>> => {
    // In turn: pg no longer wants to keep the queue of a client.
    const answered = turn.then(() => client.query<R>(config));
    turn = answered.catch(() => undefined);
    try {
      return await answered;
    } catch (error) {
      // Not refused but unanswered: whether the locks are still ours, nobody can say.
      if (!(error instanceof pg.DatabaseError)) lose();
      throw error;
    }
  };
  const proof = setInterval(() => void query({ text: 'SELECT' }).catch(lose), proveEveryMs);
  proof.unref();
  lost.signal.addEventListener('abort', () => clearInterval(proof));
  const ask = async (what: string, name: string): Promise<boolean> => {
    const { rows } = await query<{ yes: boolean }>({
      text: `SELECT ${what}(hashtextextended($1, 0)) AS yes`,
      values: [`orrery:${name}`],
    });
    return rows[0]?.yes === true;
  };
  return {
    lost: lost.signal,
    take: (name) => ask('pg_try_advisory_lock', name),
    free: async (name) => {
      await ask('pg_advisory_unlock', name);
    },
    query,
    listen: async (channel, heard) => {
      client.on('notification', (notice) => {
        if (notice.channel === channel) heard();
      });
      await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
    },
    close: async () => {
      lose();
      // A connection whose other end has vanished never says goodbye.
      await Promise.race([client.end(), timer(goodbyeMs, undefined, { ref: false })]);
    },
  };
};
