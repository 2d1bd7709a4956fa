import { randomUUID } from 'node:crypto';
import { type Principal, permissions, type RequestContext } from '@orrery/contracts';

export const asOperator: Principal = { kind: 'operator', id: 'test' };
export const asService: Principal = { kind: 'service', name: 'test' };
export const nobody: Principal = { kind: 'nobody' };
/** A person with every permission, as an owner has. */
export const asOwner = (userId: string): Principal => ({ kind: 'user', id: userId, permissions: [...permissions] });

/** The context of one request, as the gateway would make it; only what a test is about needs to be said. */
export const contextOf = (principal: Principal, more: Partial<RequestContext> = {}): RequestContext => {
  const id = randomUUID();
  return { principal, commandId: id, idempotent: false, correlationId: id, causationId: id, deadlineAt: Date.now() + 10_000, ...more };
};
