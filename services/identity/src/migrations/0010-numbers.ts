import type { Migration } from '@orrery/event-store';

/** For clients whose ids are numbers: handed out once, when one is first asked for, and never again. Part of every backup. */
export const numbersTable: Migration = {
  number: 10,
  name: 'identity-numbers',
  up: `
    CREATE TABLE numbers (
      number bigint NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      kind   text   NOT NULL,
      id     uuid   NOT NULL,
      UNIQUE (kind, id)
    );
  `,
};
