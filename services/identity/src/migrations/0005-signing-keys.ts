import type { Migration } from '@orrery/event-store';

/** Private keys beside the log, sealed: what is in the log stays there, and these must be able to go. */
export const signingKeysTable: Migration = {
  number: 5,
  name: 'identity-signing-keys',
  up: `
    CREATE TABLE signing_keys (
      kid             text        NOT NULL PRIMARY KEY,
      generation      bigint      NOT NULL UNIQUE,
      public_key      text        NOT NULL,
      sealed          text,
      active_at       timestamptz NOT NULL,
      believed_until  timestamptz,
      made_at         timestamptz NOT NULL
    );
  `,
};
