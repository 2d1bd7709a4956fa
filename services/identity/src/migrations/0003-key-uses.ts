import type { Migration } from '@orrery/event-store';

/** When each key was last used, as gateways tell it: changes with every request, so it lies beside the log. */
export const keyUsesTable: Migration = {
  number: 3,
  name: 'key-uses',
  up: `
    CREATE TABLE api_key_uses (
      key_id       uuid           NOT NULL PRIMARY KEY,
      last_used_at timestamptz(3) NOT NULL
    ) WITH (fillfactor = 70);
  `,
};
