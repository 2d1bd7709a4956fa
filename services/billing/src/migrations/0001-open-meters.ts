import type { Migration } from '@orrery/event-store';

export const openMetersMigration: Migration = {
  number: 1,
  name: 'open-meters',
  up: `
    CREATE TABLE open_meters (
      run_id uuid PRIMARY KEY,
      org_id uuid NOT NULL,
      started_at timestamptz(3) NOT NULL,
      nanos_per_second numeric(38,0) NOT NULL
    );
    CREATE INDEX open_meters_org_id ON open_meters (org_id);`,
};
