import type { Instant, OrgId, UserId } from '@orrery/contracts';
import type { Command } from './org.ts';

export interface Personal {
  readonly orgId: OrgId;
  readonly createdBy: UserId;
  /** Lower-case letters and digits, drawn by chance. */
  readonly chance: string;
  readonly at: Instant;
}

/** The organization that everybody gets: under a name and a slug that tell of nobody, for both outlive and travel further than a person. */
export const personalOrg = ({ orgId, createdBy, chance, at }: Personal): Extract<Command, { type: 'Create' }> => ({
  type: 'Create',
  orgId,
  slug: `org-${chance}`,
  name: 'Personal',
  kind: 'personal',
  billingEmail: null,
  createdBy,
  at,
});
