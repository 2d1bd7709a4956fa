import type { Migration } from '@orrery/event-store';

/** Credentials beside the log, sealed: what is in the log stays there, and these must be able to go. */
export const upstreamCredentialsTable: Migration = {
  number: 1,
  name: 'inference-upstream-credentials',
  up: `
    CREATE TABLE upstream_credentials (
      name        text NOT NULL PRIMARY KEY,
      sealed_key  text NOT NULL,
      box         text NOT NULL
    );
  `,
};
