/**
 * The tables of the store, the same in every service's database.
 *
 * `events` is the truth. Its unique key on (stream, version) is the optimistic lock; its primary key is the only order in which
 * the log may be read, because positions are drawn before transactions commit. `data` is JSON as it was written, not `jsonb`:
 * nothing queries it, and parsing it twice would cost more than the row itself. Names compare
 * byte by byte, which is quick and the same everywhere. `person` is whom sealed fields tell of.
 */
export const eventStoreSchema = `
  CREATE TABLE events (
    position     bigint GENERATED ALWAYS AS IDENTITY,
    transaction  xid8        NOT NULL DEFAULT pg_current_xact_id(),
    id           uuid        NOT NULL,
    stream       text COLLATE "C" NOT NULL,
    version      int         NOT NULL,
    type         text COLLATE "C" NOT NULL,
    data         json        NOT NULL,
    metadata     json        NOT NULL,
    recorded_at  timestamptz NOT NULL,
    person       text COLLATE "C",
    CONSTRAINT events_in_order PRIMARY KEY (transaction, position),
    CONSTRAINT events_stream_version UNIQUE (stream, version),
    CONSTRAINT events_id UNIQUE (id)
  );
  CREATE INDEX events_by_person ON events (person) WHERE person IS NOT NULL;

  CREATE TABLE once (
    scope        text COLLATE "C" NOT NULL,
    key          text COLLATE "C" NOT NULL,
    hash         text,
    answer       text,
    sealed       boolean     NOT NULL DEFAULT false,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT once_key PRIMARY KEY (scope, key)
  );
  CREATE INDEX once_by_age ON once USING brin (recorded_at);

  CREATE TABLE claims (
    scope        text COLLATE "C" NOT NULL,
    key          text COLLATE "C" NOT NULL,
    stream       text COLLATE "C" NOT NULL,
    CONSTRAINT claims_key PRIMARY KEY (scope, key)
  );

  CREATE TABLE snapshots (
    stream       text COLLATE "C" NOT NULL,
    shape        text COLLATE "C" NOT NULL,
    version      int         NOT NULL,
    state        json        NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT snapshots_key PRIMARY KEY (stream, shape)
  );

  CREATE TABLE person_keys (
    person       text COLLATE "C" NOT NULL,
    sealed_key   bytea       NOT NULL,
    kek          text        NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT person_keys_key PRIMARY KEY (person)
  );

  CREATE TABLE checkpoints (
    name         text COLLATE "C" NOT NULL,
    transaction  xid8        NOT NULL,
    position     bigint      NOT NULL,
    moved_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT checkpoints_key PRIMARY KEY (name)
  );

  CREATE TABLE views (
    name         text COLLATE "C" NOT NULL,
    fingerprint  text        NOT NULL,
    built_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT views_key PRIMARY KEY (name)
  );
`;
