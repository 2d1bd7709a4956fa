import type { Migration } from '@orrery/event-store';

/** What was said lies beside the log, compressed and sealed with a key of its organization. */
export const retention: Migration = {
  number: 3,
  name: 'retention',
  up: `
    ALTER TABLE inference_log ADD COLUMN is_logged boolean NOT NULL DEFAULT true;
    CREATE INDEX inference_log_unlogged ON inference_log (settled_at) WHERE NOT is_logged;
    CREATE TABLE inference_content (
      request_id  uuid PRIMARY KEY,
      org_id      uuid NOT NULL,
      user_id     uuid,
      at          timestamptz(3) NOT NULL,
      head        jsonb NOT NULL,
      sealed_key  text NOT NULL,
      box         bytea NOT NULL
    );
    ALTER TABLE inference_content ALTER COLUMN box SET STORAGE EXTERNAL;
    CREATE INDEX inference_content_org ON inference_content (org_id, at);
    CREATE INDEX inference_content_user ON inference_content (user_id) WHERE user_id IS NOT NULL;`,
};
