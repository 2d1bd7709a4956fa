import { z } from 'zod';
import { type Permission, PermissionSchema } from './permissions.ts';

/** Who is calling, as the gateway or the bus established it. */
export const Principal = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('nobody') }),
  z.strictObject({ kind: z.literal('user'), id: z.uuid(), sessionId: z.uuid().optional(), permissions: z.array(PermissionSchema) }),
  /** A person who has shown one factor and still owes the second: nobody yet, except to what completes or ends the session. */
  z.strictObject({ kind: z.literal('pending'), id: z.uuid(), sessionId: z.uuid() }),
  z.strictObject({
    kind: z.literal('key'),
    id: z.uuid(),
    userId: z.uuid(),
    permissions: z.array(PermissionSchema),
    /** Of these permissions, those that hold for some things alone, by their ids; the others hold for everything. */
    only: z.partialRecord(PermissionSchema, z.array(z.string())).optional(),
  }),
  /** An application: for the person who let it, or as a service account for its organization. It may what it was let do, and nothing else. */
  z.strictObject({
    kind: z.literal('app'),
    id: z.uuid(),
    userId: z.uuid().optional(),
    permissions: z.array(PermissionSchema),
    /** The person let it see who they are and where they belong. */
    seesPerson: z.literal(true).optional(),
  }),
  z.strictObject({ kind: z.literal('agent'), id: z.uuid() }),
  z.strictObject({ kind: z.literal('service'), name: z.string() }),
  z.strictObject({ kind: z.literal('operator'), id: z.string() }),
]);
export type Principal = z.infer<typeof Principal>;

/** What travels with every request between processes, in headers. */
export const RequestContext = z.strictObject({
  principal: Principal,
  /** The organization the request is about; resolved and verified by the gateway. */
  orgId: z.uuid().optional(),
  /** The space of that organization; resolved and verified with it. */
  spaceId: z.uuid().optional(),
  /** Identifies a command across retries: the same id has its effect once. */
  commandId: z.string().min(1).max(200),
  /** True where the caller chose the id (`Idempotency-Key`): then the same id with another body is refused. */
  idempotent: z.boolean(),
  correlationId: z.string(),
  causationId: z.string(),
  /** Milliseconds since the epoch after which nobody waits for the answer. */
  deadlineAt: z.int().positive(),
  traceparent: z.string().optional(),
  /** Where the request came from, as the gateway saw it: for throttling and the audit trail. */
  origin: z.strictObject({ ip: z.string().max(64), userAgent: z.string().max(200).optional() }).optional(),
});
export type RequestContext = z.infer<typeof RequestContext>;

export const actorOf = (principal: Principal): string => {
  switch (principal.kind) {
    case 'nobody':
      return 'nobody';
    case 'service':
      return `service:${principal.name}`;
    case 'user':
    case 'pending':
    case 'key':
    case 'app':
    case 'agent':
    case 'operator':
      return `${principal.kind === 'pending' ? 'user' : principal.kind}:${principal.id}`;
  }
};

/** The person behind a caller: the one who signed in, or whom a key acts for. */
export const personOf = (principal: Principal): string | undefined => {
  if (principal.kind === 'user') return principal.id;
  return principal.kind === 'key' || principal.kind === 'app' ? principal.userId : undefined;
};

/** What a caller holds where the request is made. */
export const permissionsOf = (principal: Principal): readonly Permission[] => ('permissions' in principal ? principal.permissions : []);
