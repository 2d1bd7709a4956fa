import type { Operation, Principal } from '@orrery/contracts';

/** Who asks, and where. */
export interface Caller {
  readonly principal: Principal;
  readonly orgId?: string;
  readonly spaceId?: string;
  /** The models that a key may call alone: ids and names. */
  readonly models?: readonly string[];
  /** The organization is: of what the caller would hold only some is left. */
  readonly isSuspended?: true;
  /** A person who may do what the operator may. */
  readonly isAdministrator?: true;
}

export const nobody: Caller = { principal: { kind: 'nobody' } };

/**
 * As whom a caller asks for an operation: administrators for what is the operator's as the operator, under their own id. That is about the
 * installation, so it happens in no organization: not in theirs either.
 */
export const asking = (caller: Caller, { access }: Pick<Operation, 'access'>): Caller => {
  const { principal, isAdministrator } = caller;
  if (access !== 'operator' || principal.kind !== 'user' || !isAdministrator) return caller;
  return { principal: { kind: 'operator', id: principal.id } };
};
