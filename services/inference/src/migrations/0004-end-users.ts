import type { Migration } from '@orrery/event-store';

/** Whom clients asked for. The indexes find what is to be forgotten with a person or an organization; most lines have no end user. */
export const endUsers: Migration = {
  number: 4,
  name: 'end-users',
  up: `
    ALTER TABLE inference_log ADD COLUMN end_user text;
    CREATE INDEX inference_log_end_user_org ON inference_log (org_id) WHERE end_user IS NOT NULL;
    CREATE INDEX inference_log_end_user_user ON inference_log (user_id) WHERE end_user IS NOT NULL AND user_id IS NOT NULL;`,
};
