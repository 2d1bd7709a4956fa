import type { Migration } from '@orrery/event-store';

/** Who tried in vain, under keyed hashes: no fact of the domain, and forgotten when it matters no more. */
export const triesTable: Migration = {
  number: 1,
  name: 'identity-tries',
  up: `
    CREATE TABLE tries (
      key          text        NOT NULL PRIMARY KEY,
      failures     bigint      NOT NULL,
      since        timestamptz NOT NULL,
      locked_until timestamptz NOT NULL,
      forget_at    timestamptz NOT NULL,
      version      bigint      NOT NULL
    ) WITH (fillfactor = 70);
    CREATE INDEX tries_forget_at ON tries (forget_at);
  `,
};
