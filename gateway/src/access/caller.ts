import type { Principal } from '@orrery/contracts';

/** Who asks, and where. */
export interface Caller {
  readonly principal: Principal;
  readonly orgId?: string;
  readonly spaceId?: string;
  /** The organization is: of what the caller would hold only some is left. */
  readonly isSuspended?: true;
}

export const nobody: Caller = { principal: { kind: 'nobody' } };
