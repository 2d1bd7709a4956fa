import type { Migration } from '@orrery/event-store';

/** The public keys of credentials that machines were given, for as long as those last: whom the bus must turn away after a removal. */
export const agentKeys: Migration = {
  number: 3,
  name: 'agent-keys',
  up: `
    CREATE TABLE agent_keys (
      public_key text        NOT NULL PRIMARY KEY,
      worker_id  uuid        NOT NULL,
      expires_at timestamptz NOT NULL
    );
    CREATE INDEX agent_keys_by_worker ON agent_keys (worker_id);
  `,
};
