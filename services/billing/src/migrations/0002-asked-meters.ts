import type { Migration } from '@orrery/event-store';

/** When a run was last asked to end because its organization has no credit. */
export const askedMetersMigration: Migration = {
  number: 2,
  name: 'asked-meters',
  up: 'ALTER TABLE open_meters ADD COLUMN asked_at timestamptz(3)',
};
