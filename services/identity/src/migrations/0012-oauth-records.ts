import type { Migration } from '@orrery/event-store';

/** What the protocol of OAuth remembers between requests: found by hashes, sealed, and gone when it matters no more. */
export const oauthRecordsTable: Migration = {
  number: 12,
  name: 'identity-oauth-records',
  up: `
    CREATE TABLE oauth_records (
      id_hash        text        NOT NULL PRIMARY KEY,
      model          text        NOT NULL,
      sealed         text        NOT NULL,
      grant_id       text,
      uid_hash       text,
      user_code_hash text,
      consumed_at    timestamptz,
      expires_at     timestamptz NOT NULL
    );
    CREATE INDEX oauth_records_grant_id ON oauth_records (grant_id) WHERE grant_id IS NOT NULL;
    CREATE INDEX oauth_records_uid ON oauth_records (uid_hash) WHERE uid_hash IS NOT NULL;
    CREATE INDEX oauth_records_user_code ON oauth_records (user_code_hash) WHERE user_code_hash IS NOT NULL;
    CREATE INDEX oauth_records_expires_at ON oauth_records (expires_at);
    CREATE TABLE oauth_ends (
      key        text        NOT NULL PRIMARY KEY,
      ends_until timestamptz NOT NULL
    );
    CREATE INDEX oauth_ends_until ON oauth_ends (ends_until);
  `,
};
