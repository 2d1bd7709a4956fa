import type { Migration } from '@orrery/event-store';

/** Rows come in the order of `settled_at`, nearly: an index of a few pages finds a minute of them. */
export const inferenceLogTable: Migration = {
  number: 2,
  name: 'inference-log',
  up: `
    CREATE TABLE inference_log (
      settlement_id  uuid NOT NULL,
      request_id     uuid NOT NULL,
      org_id         uuid NOT NULL,
      space_id       uuid,
      user_id        uuid,
      key_id         uuid,
      dialect        text NOT NULL,
      route          text NOT NULL,
      kind           text NOT NULL,
      model          text NOT NULL,
      upstream       text,
      outcome        text NOT NULL,
      status         bigint NOT NULL,
      error          text,
      input          bigint NOT NULL,
      output         bigint NOT NULL,
      cached         bigint NOT NULL,
      is_estimated   boolean NOT NULL,
      attempts       bigint NOT NULL,
      cost           numeric(38,0) NOT NULL,
      currency       text NOT NULL,
      price_version  bigint,
      is_streaming   boolean NOT NULL,
      started_at     timestamptz(3) NOT NULL,
      first_byte_ms  bigint,
      duration_ms    bigint NOT NULL,
      trace_id       text,
      correlation_id text,
      tags           jsonb NOT NULL,
      settled_at     timestamptz(3) NOT NULL,
      PRIMARY KEY (settlement_id, request_id)
    );
    CREATE UNIQUE INDEX inference_log_request ON inference_log (request_id);
    CREATE INDEX inference_log_org ON inference_log (org_id, started_at);
    CREATE INDEX inference_log_settled ON inference_log USING brin (settled_at) WITH (pages_per_range = 32);
    CREATE TABLE refused_usage (
      digest     text PRIMARY KEY,
      body       text NOT NULL,
      reason     text NOT NULL,
      refused_at timestamptz(3) NOT NULL DEFAULT now()
    );`,
};
