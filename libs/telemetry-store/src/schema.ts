/**
 * Entries and samples are partitioned by day, so that forgetting is dropping a table. What names them (streams, series) is not.
 * Times are milliseconds since the epoch: partitions, steps and cursors are then plain arithmetic.
 */
const first = `
  CREATE TABLE log_streams (
    id         bigint GENERATED ALWAYS AS IDENTITY,
    name       text   NOT NULL,
    owner      text   NOT NULL,
    labels     jsonb  NOT NULL,
    last_day   int    NOT NULL,
    CONSTRAINT log_streams_key PRIMARY KEY (id),
    CONSTRAINT log_streams_name UNIQUE (name)
  );
  CREATE INDEX log_streams_by_day ON log_streams (last_day);

  CREATE TABLE log_entries (
    stream     bigint NOT NULL,
    part       int    NOT NULL,
    seq        bigint NOT NULL,
    at         bigint NOT NULL,
    -- A 64-bit hash of the owner: narrow enough to be indexed beside every entry.
    owner_key  bigint NOT NULL,
    channel    text   NOT NULL,
    text       text   NOT NULL,
    CONSTRAINT log_entries_place PRIMARY KEY (stream, part, seq, at)
  ) PARTITION BY RANGE (at);
  CREATE INDEX log_entries_by_owner ON log_entries (owner_key, at, stream, part, seq);

  CREATE TABLE metric_series (
    id         bigint GENERATED ALWAYS AS IDENTITY,
    metric     text   NOT NULL,
    labels     jsonb  NOT NULL,
    key        text   NOT NULL,
    last_day   int    NOT NULL,
    CONSTRAINT metric_series_key PRIMARY KEY (id),
    CONSTRAINT metric_series_name UNIQUE (metric, key)
  );
  CREATE INDEX metric_series_by_labels ON metric_series USING gin (labels jsonb_path_ops);
  CREATE INDEX metric_series_by_day ON metric_series (last_day);

  CREATE TABLE metric_samples (
    series     bigint NOT NULL,
    at         bigint NOT NULL,
    value      double precision NOT NULL,
    CONSTRAINT metric_samples_place PRIMARY KEY (series, at)
  ) PARTITION BY RANGE (at);
`;

/** Forward only: what is here never changes, the next one is added below it. */
export const migrations: readonly string[] = [first];
