import type { execution } from '@orrery/contracts';
import { instant, table, text, uuid, type Write, write } from '@orrery/event-store';
import type pg from 'pg';

const agentKeys = table({
  table: 'agent_keys',
  columns: { publicKey: text(), workerId: uuid<execution.WorkerId>(), expiresAt: instant() },
  key: ['publicKey'],
});

type Database = Pick<pg.Pool, 'query'>;

export interface AgentKey {
  readonly publicKey: string;
  readonly workerId: execution.WorkerId;
  readonly expiresAt: string;
}

export const keepAgentKey = (key: AgentKey): Write => write(agentKeys, { put: key });

export const insertAgentKey = async (database: Database, { publicKey, workerId, expiresAt }: AgentKey): Promise<void> => {
  await database.query({
    name: 'insert-agent-key',
    text: 'INSERT INTO agent_keys (public_key, worker_id, expires_at) VALUES ($1, $2, $3)',
    values: [publicKey, workerId, expiresAt],
  });
};

/** Keys of machines that were removed, as long as what was signed for them would still be taken. */
export const removedKeys = async (database: Database): Promise<readonly string[]> => {
  const { rows } = await database.query<{ publicKey: string }>({
    name: 'removed-agent-keys',
    text: `SELECT k.public_key AS "publicKey" FROM agent_keys k JOIN workers w ON w.id = k.worker_id AND w.removed_at IS NOT NULL
      WHERE k.expires_at > now() ORDER BY k.public_key`,
  });
  return rows.map(({ publicKey }) => publicKey);
};

/** An hour later no clock takes them for valid. */
export const forgetAgentKeys = async (database: Database): Promise<void> => {
  await database.query("DELETE FROM agent_keys WHERE expires_at < now() - interval '1 hour'");
};
