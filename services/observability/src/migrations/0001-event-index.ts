import type { Migration } from '@orrery/event-store';

export const eventIndexMigration: Migration = {
  number: 1,
  name: 'event-index',
  up: `
    CREATE TABLE event_index (
      id uuid PRIMARY KEY,
      org_id uuid,
      stream text NOT NULL,
      type text NOT NULL,
      correlation_id text NOT NULL,
      event jsonb NOT NULL
    );
    CREATE INDEX event_index_org ON event_index (org_id, id);
    CREATE INDEX event_index_stream ON event_index (stream, id);
    CREATE INDEX event_index_correlation ON event_index (correlation_id, id);`,
};
