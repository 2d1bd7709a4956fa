import type { Migration } from '@orrery/event-store';

/** What the scheduler knows of work that is over, as of a place in the log: one row, which only the term that lasts writes. */
export const schedulerMemory: Migration = {
  number: 6,
  name: 'scheduler-memory',
  up: `
    CREATE TABLE scheduler_memory (
      name        text   NOT NULL PRIMARY KEY,
      term        bigint NOT NULL,
      shape       text   NOT NULL,
      transaction xid8   NOT NULL,
      position    bigint NOT NULL,
      -- Facts after that place which it knew, too.
      ahead       json   NOT NULL,
      -- As text: numbers come back exactly as they were written.
      memory      json   NOT NULL
    );
    CREATE TRIGGER scheduler_memory_term BEFORE INSERT ON scheduler_memory FOR EACH ROW EXECUTE FUNCTION refuse_stale_term();
  `,
};
