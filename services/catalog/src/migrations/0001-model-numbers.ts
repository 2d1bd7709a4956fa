import type { Migration } from '@orrery/event-store';

/** For clients whose ids are numbers: handed out once, when one is first asked for, and never again. Part of every backup. */
export const modelNumbersTable: Migration = {
  number: 1,
  name: 'catalog-model-numbers',
  up: `
    CREATE TABLE model_numbers (
      number   bigint NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      model_id uuid   NOT NULL UNIQUE
    );
  `,
};
