import { createHmac } from 'node:crypto';
import { type InputOf, identity, instantOf, type OutputOf } from '@orrery/contracts';
import type { EventStore, SealedColumn } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';

type Found = OutputOf<typeof identity.FindOauthRecord>['found'];
type Consumed = OutputOf<typeof identity.ConsumeOauthRecord>;

const bindingOf = (idHash: string): string => `oauth-record ${idHash}`;

/** For a change of the key-encryption key. */
export const sealedOauthRecords: SealedColumn = {
  table: 'oauth_records',
  column: 'sealed',
  key: { id_hash: 'text' },
  bindingOf: ({ id_hash: idHash = '' }) => bindingOf(idHash),
};

interface Row {
  readonly id_hash: string;
  readonly sealed: string;
  readonly is_consumed: boolean;
}

const columnOf = { id: 'id_hash', uid: 'uid_hash', userCode: 'user_code_hash' } as const;
const pruneBatch = 1_000;
/** As long as the last token may be believed, and a little more for clocks that differ. */
const tokenMs = (identity.oauthTokenSeconds + 60) * 1_000;
/** Of these the id is what somebody shows to be let in. */
const tokens = new Set(['AccessToken', 'ClientCredentials']);

/** What OAuth remembers between requests. Its ids are secrets, so they are kept as hashes, and what belongs to them is sealed. */
export class OauthRecords {
  constructor(
    private readonly store: EventStore,
    private readonly key: Buffer,
  ) {}

  async put({ model, id, payload, expiresAt, grantId, uid, userCode }: InputOf<typeof identity.PutOauthRecord>): Promise<void> {
    const idHash = this.hashed(model, 'id', id);
    const sealed = this.store.sealer.sealText(payload, bindingOf(idHash));
    const others = [
      uid === undefined ? null : this.hashed(model, 'uid', uid),
      userCode === undefined ? null : this.hashed(model, 'userCode', userCode),
    ];
    await this.store.pool.query(
      `INSERT INTO oauth_records (id_hash, model, sealed, grant_id, uid_hash, user_code_hash, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (id_hash) DO UPDATE SET sealed = excluded.sealed, grant_id = excluded.grant_id, uid_hash = excluded.uid_hash,
          user_code_hash = excluded.user_code_hash, expires_at = excluded.expires_at`,
      [idHash, model, sealed, grantId ?? null, ...others, expiresAt],
    );
  }

  async find({ model, by, value }: InputOf<typeof identity.FindOauthRecord>): Promise<Found> {
    const { rows } = await this.store.pool.query<Row>(
      `SELECT id_hash, sealed, consumed_at IS NOT NULL AS is_consumed FROM oauth_records WHERE ${columnOf[by]} = $1 AND expires_at > $2`,
      [this.hashed(model, by, value), now()],
    );
    const [row] = rows;
    return row ? { payload: this.store.sealer.openText(row.sealed, bindingOf(row.id_hash)), isConsumed: row.is_consumed } : null;
  }

  /** The database says who was first. */
  async consume(model: string, id: string): Promise<Consumed> {
    const { rows } = await this.store.pool.query<{ grant_id: string | null; is_first: boolean }>(
      `WITH first AS (UPDATE oauth_records SET consumed_at = $2 WHERE id_hash = $1 AND consumed_at IS NULL RETURNING grant_id)
        SELECT grant_id, true AS is_first FROM first
        UNION ALL SELECT grant_id, false FROM oauth_records WHERE id_hash = $1 AND NOT EXISTS (SELECT FROM first)`,
      [this.hashed(model, 'id', id), now()],
    );
    return { isFirst: rows[0]?.is_first ?? false, grantId: rows[0]?.grant_id ?? null };
  }

  /** Says under which name gateways must refuse it, where it is a token. */
  async drop(model: string, id: string): Promise<string | undefined> {
    await this.store.pool.query('DELETE FROM oauth_records WHERE id_hash = $1', [this.hashed(model, 'id', id)]);
    if (!tokens.has(model)) return undefined;
    const key = `token-${id}`;
    await this.end(key, tokenMs);
    return key;
  }

  async endGrant(grantId: string): Promise<void> {
    await this.store.pool.query('DELETE FROM oauth_records WHERE grant_id = $1 OR id_hash = $2', [
      grantId,
      this.hashed('Grant', 'id', grantId),
    ]);
    await this.end(`grant-${grantId}`, tokenMs);
  }

  async endOf(key: string): Promise<identity.OauthEndSnapshot | undefined> {
    const { rows } = await this.store.pool.query<{ ends_until: Date }>(
      'SELECT ends_until FROM oauth_ends WHERE key = $1 AND ends_until > $2',
      [key, now()],
    );
    return rows[0] && { until: instantOf(rows[0].ends_until.getTime()) };
  }

  /** After `key`, a page of what has ended and is still of interest. */
  async endsAfter(key: string, limit: number): Promise<readonly (readonly [string, identity.OauthEndSnapshot])[]> {
    const { rows } = await this.store.pool.query<{ key: string; ends_until: Date }>(
      'SELECT key, ends_until FROM oauth_ends WHERE key > $1 AND ends_until > $2 ORDER BY key LIMIT $3',
      [key, now(), limit],
    );
    return rows.map((row) => [row.key, { until: instantOf(row.ends_until.getTime()) }] as const);
  }

  /** Forgets what has expired; says which ends need be told no more. */
  async prune(): Promise<readonly string[]> {
    const { pool } = this.store;
    await pool.query('DELETE FROM oauth_records WHERE id_hash IN (SELECT id_hash FROM oauth_records WHERE expires_at < $1 LIMIT $2)', [
      now(),
      pruneBatch,
    ]);
    const { rows } = await pool.query<{ key: string }>(
      'DELETE FROM oauth_ends WHERE key IN (SELECT key FROM oauth_ends WHERE ends_until < $1 LIMIT $2) RETURNING key',
      [now(), pruneBatch],
    );
    return rows.map(({ key }) => key);
  }

  private async end(key: string, ms: number): Promise<void> {
    await this.store.pool.query(
      'INSERT INTO oauth_ends (key, ends_until) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET ends_until = excluded.ends_until',
      [key, instantOf(systemClock.now() + ms)],
    );
  }

  private hashed(model: string, by: keyof typeof columnOf, value: string): string {
    return createHmac('sha256', this.key).update(`${model}\n${by}\n${value}`).digest('base64url');
  }
}

const now = (): string => instantOf(systemClock.now());
