import type { InputOf, identity } from '@orrery/contracts';
import { type EventStore, instant, table, uuid } from '@orrery/event-store';

const keyUses = table({
  table: 'api_key_uses',
  columns: { keyId: uuid<identity.ApiKeyId>(), lastUsedAt: instant() },
  key: ['keyId'],
});

/** In the order of their keys, so that two batches never wait for each other in a circle. No clock of a gateway makes a use lie ahead. */
const keep = `
  INSERT INTO api_key_uses (key_id, last_used_at)
  SELECT used.key_id, least(max(used.at), clock_timestamp())
  FROM unnest($1::uuid[], $2::timestamptz[]) AS used (key_id, at) JOIN api_keys ON api_keys.id = used.key_id
  GROUP BY used.key_id ORDER BY used.key_id
  ON CONFLICT (key_id) DO UPDATE SET last_used_at = excluded.last_used_at WHERE api_key_uses.last_used_at < excluded.last_used_at`;

/** When keys were last used: telemetry beside the log, never an event. */
export class KeyUses {
  constructor(private readonly store: EventStore) {}

  /** One statement for a batch. */
  async record(uses: InputOf<typeof identity.RecordKeyUses>['uses']): Promise<void> {
    if (uses.length === 0) return;
    await this.store.pool.query(keep, [uses.map(({ keyId }) => keyId), uses.map(({ at }) => at)]);
  }

  async of(keys: readonly identity.ApiKeyId[]): Promise<ReadonlyMap<identity.ApiKeyId, string>> {
    if (keys.length === 0) return new Map();
    const rows = await this.store.read(keyUses).list({ where: { keyId: { in: keys } }, order: { by: ['keyId'] }, limit: keys.length });
    return new Map(rows.map(({ keyId, lastUsedAt }) => [keyId, lastUsedAt]));
  }
}
