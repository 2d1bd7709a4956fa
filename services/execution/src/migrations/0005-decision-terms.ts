import type { Migration } from '@orrery/event-store';

/** Decisions that give no lease are fenced as placements are. */
export const decisionTerms: Migration = {
  number: 5,
  name: 'decision-terms',
  up: `
    CREATE TABLE decision_terms (
      run_id uuid   NOT NULL PRIMARY KEY,
      term   bigint NOT NULL
    );
    CREATE TRIGGER decision_terms_term BEFORE INSERT ON decision_terms FOR EACH ROW EXECUTE FUNCTION refuse_stale_term();
  `,
};
