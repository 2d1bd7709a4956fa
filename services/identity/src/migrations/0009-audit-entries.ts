import type { Migration } from '@orrery/event-store';

const listed = 'at DESC, id DESC';

/**
 * What was done that matters to somebody's security, once for each who may read it (`scope`: an organization, a person, or the
 * platform). Filled by a consumer from every service's log. `origin` is sealed with the key of `person`; `ip_mac` is what an address
 * is found by.
 */
export const auditEntriesTable: Migration = {
  number: 9,
  name: 'audit-entries',
  up: `
    CREATE TABLE audit_entries (
      scope         uuid           NOT NULL,
      id            uuid           NOT NULL,
      at            timestamptz(3) NOT NULL,
      action        text COLLATE "C" NOT NULL,
      outcome       text           NOT NULL,
      actor_kind    text           NOT NULL,
      actor_id      text COLLATE "C",
      target_kind   text,
      target_id     text COLLATE "C",
      request_id    text           NOT NULL,
      trace_id      text,
      details       jsonb          NOT NULL,
      source        text           NOT NULL,
      awaits_origin boolean        NOT NULL,
      person        text COLLATE "C",
      origin        jsonb,
      ip_mac        text COLLATE "C",
      PRIMARY KEY (scope, id)
    );
    CREATE INDEX audit_entries_in_order ON audit_entries (scope, ${listed});
    CREATE INDEX audit_entries_by_action ON audit_entries (scope, action, ${listed});
    CREATE INDEX audit_entries_by_outcome ON audit_entries (scope, outcome, ${listed});
    CREATE INDEX audit_entries_by_actor ON audit_entries (scope, actor_id, ${listed});
    CREATE INDEX audit_entries_by_target ON audit_entries (scope, target_id, ${listed});
    CREATE INDEX audit_entries_by_ip ON audit_entries (scope, ip_mac, ${listed});
    CREATE INDEX audit_entries_awaiting ON audit_entries (source, id) WHERE awaits_origin;
    CREATE INDEX audit_entries_of_person ON audit_entries (person) WHERE person IS NOT NULL;
  `,
};
