import { randomUUID } from 'node:crypto';
import type { RequestContext } from '@orrery/contracts';
import { type Metadata, systemClock } from '@orrery/kernel';

const deadlineMs = 10_000;

/** The context of what this service does by itself, in the chain of cause and effect that a fact belongs to. */
export const ownContext = (because: Partial<Metadata>, commandId: string = randomUUID()): RequestContext => ({
  principal: { kind: 'service', name: 'execution' },
  ...(because.orgId === undefined ? {} : { orgId: because.orgId }),
  commandId,
  idempotent: false,
  correlationId: because.correlationId ?? commandId,
  causationId: because.causationId ?? commandId,
  deadlineAt: systemClock.now() + deadlineMs,
  ...(because.traceparent === undefined ? {} : { traceparent: because.traceparent }),
});
