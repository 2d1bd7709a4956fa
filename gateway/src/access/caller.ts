import type { Principal } from '@orrery/contracts';

/** Who asks, and in which organization. */
export interface Caller {
  readonly principal: Principal;
  readonly orgId?: string;
}

export const nobody: Caller = { principal: { kind: 'nobody' } };
