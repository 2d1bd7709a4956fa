import type { Migration } from '@orrery/event-store';

/** What identity told us of organizations: a replica, as offers and credit are. */
export const orgStandings: Migration = {
  number: 2,
  name: 'org-standings',
  up: `
    CREATE TABLE org_standings (
      org_id    uuid    NOT NULL PRIMARY KEY,
      is_closed boolean NOT NULL,
      version   bigint  NOT NULL
    );
  `,
};
