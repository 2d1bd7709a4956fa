import type { Migration } from '@orrery/event-store';

/**
 * Tables that are not folded from our own events. Programs lie beside the log so that they can be deleted. Leases and beats change
 * with every heartbeat of every machine: telemetry of the fleet, never facts. The replicas are what catalog and billing told us.
 */
export const executionTables: Migration = {
  number: 1,
  name: 'execution-tables',
  up: `
    CREATE TABLE run_programs (
      run_id      uuid        NOT NULL PRIMARY KEY,
      bundle      text        NOT NULL,
      stored_at   timestamptz NOT NULL
    );
    CREATE INDEX run_programs_by_age ON run_programs USING brin (stored_at);

    CREATE TABLE attempt_leases (
      run_id          uuid        NOT NULL PRIMARY KEY,
      epoch           bigint      NOT NULL,
      worker_id       uuid        NOT NULL,
      expires_at      timestamptz NOT NULL,
      acknowledged_at timestamptz,
      missing_since   timestamptz,
      term            bigint      NOT NULL
    ) WITH (fillfactor = 70);

    CREATE FUNCTION refuse_stale_term() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM FROM leadership WHERE name = 'scheduler' AND fence = NEW.term FOR SHARE;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'term % of the scheduler is over', NEW.term
          USING ERRCODE = 'check_violation', CONSTRAINT = 'attempt_leases_term';
      END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER attempt_leases_term BEFORE INSERT ON attempt_leases FOR EACH ROW EXECUTE FUNCTION refuse_stale_term();

    CREATE TABLE worker_beats (
      worker_id    uuid        NOT NULL PRIMARY KEY,
      last_seen_at timestamptz NOT NULL
    ) WITH (fillfactor = 50);

    CREATE TABLE offered_machine_types (
      name       text    NOT NULL PRIMARY KEY,
      resources  jsonb   NOT NULL,
      is_offered boolean NOT NULL,
      version    bigint  NOT NULL
    );
    CREATE TABLE price_books (
      version      bigint      NOT NULL PRIMARY KEY,
      currency     text        NOT NULL,
      effective_at timestamptz NOT NULL
    );
    CREATE TABLE run_prices (
      book             bigint NOT NULL,
      machine_type     text   NOT NULL,
      nanos_per_second text   NOT NULL,
      PRIMARY KEY (book, machine_type)
    );
    CREATE TABLE credit_states (
      org_id       uuid    NOT NULL PRIMARY KEY,
      is_exhausted boolean NOT NULL,
      version      bigint  NOT NULL
    );
  `,
};
