import type { Migration } from '@orrery/event-store';

/** E-mail on its way, and wishes for e-mail. Sealed, for it holds addresses and tokens; gone when it matters no more. */
export const lettersTable: Migration = {
  number: 4,
  name: 'identity-letters',
  up: `
    CREATE TABLE letters (
      id          uuid        NOT NULL PRIMARY KEY,
      kind        text        NOT NULL,
      person      uuid,
      recipient   text        NOT NULL,
      sealed      text,
      state       text        NOT NULL,
      tries       bigint      NOT NULL,
      due_at      timestamptz NOT NULL,
      expires_at  timestamptz NOT NULL,
      created_at  timestamptz NOT NULL,
      ended_at    timestamptz
    );
    CREATE INDEX letters_due ON letters (due_at) WHERE state = 'waiting';
    CREATE INDEX letters_expires_at ON letters (expires_at);
    CREATE INDEX letters_person ON letters (person);
    CREATE INDEX letters_recipient ON letters (recipient);
  `,
};
