import { hash } from 'node:crypto';
import type { RequestContext } from '@orrery/contracts';
import { actorOf, personOf } from '@orrery/contracts';
import type { Metadata } from '@orrery/kernel';
import type { Once } from './unit.ts';

/** What of a request's context the store needs: a `RequestContext` will do. */
export type CommandContext = Pick<RequestContext, 'principal' | 'commandId' | 'correlationId'> &
  Partial<Pick<RequestContext, 'orgId' | 'idempotent' | 'traceparent' | 'origin'>>;

/** An event handled once by a consumer: the effect and this row commit together, so that a redelivery changes nothing. */
export const inboxRow = (consumer: string, eventId: string): Once => ({ scope: `inbox ${consumer}`, key: eventId });

/** A command handled once. Callers choose their own keys, so a key counts within its organization, or else its caller. */
export const commandRow = (name: string, context: CommandContext, input?: unknown): Once => {
  const { principal, orgId, commandId, idempotent } = context;
  const row = { scope: `command ${name} ${orgId ?? actorOf(principal)}`, key: commandId };
  return idempotent && input !== undefined ? { ...row, hash: fingerprint(input) } : row;
};

/** A person counts from the first factor on: it is their request that is told of. */
const senderOf = (principal: CommandContext['principal']): string | undefined =>
  principal.kind === 'pending' ? principal.id : personOf(principal);

export const metadataOf = ({ principal, orgId, commandId, correlationId, traceparent, origin }: CommandContext): Metadata => ({
  correlationId,
  causationId: commandId,
  actor: actorOf(principal),
  ...(orgId === undefined ? {} : { orgId }),
  ...(traceparent === undefined ? {} : { traceparent }),
  ...(origin === undefined ? {} : { origin: { ...origin, of: senderOf(principal) } }),
});

/** The same for the same value, in whatever order its fields were written. */
export const fingerprint = (value: unknown): string => hash('sha256', JSON.stringify(value, sorted) ?? '');

const sorted = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
