import type { Migration } from '@orrery/event-store';

/** The values of environment variables beside the log, each sealed with a key of its own: what is in the log stays there. */
export const variableValuesTable: Migration = {
  number: 4,
  name: 'variable-values',
  up: `
    CREATE TABLE variable_values (
      variable_id uuid NOT NULL PRIMARY KEY,
      org_id      uuid NOT NULL,
      sealed_key  text NOT NULL,
      box         text NOT NULL
    );
  `,
};
