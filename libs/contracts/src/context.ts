import { z } from 'zod';

/** What a principal may do in an organization; a role is a set of these. */
export const permissions = [
  'org:read',
  'org:update',
  'members:read',
  'keys:read',
  'keys:manage',
  'runs:read',
  'runs:create',
  'runs:control',
  'catalog:read',
  'billing:read',
  'billing:manage',
  'logs:read',
  'metrics:read',
  'events:read',
] as const;
export type Permission = (typeof permissions)[number];
export const PermissionSchema = z.enum(permissions);

export const OrgRole = z.enum(['owner', 'admin', 'member', 'billing', 'viewer']);
export type OrgRole = z.infer<typeof OrgRole>;

const reading = permissions.filter((permission) => permission.endsWith(':read'));
/** Roles as sets of permissions: the one place that says what a role may do. */
export const rolePermissions: Readonly<Record<OrgRole, readonly Permission[]>> = {
  owner: permissions,
  admin: permissions.filter((permission) => permission !== 'billing:manage'),
  member: [...reading, 'runs:create', 'runs:control'],
  billing: ['org:read', 'members:read', 'billing:read', 'billing:manage'],
  viewer: reading,
};

/** Who is calling, as the gateway or the bus established it. */
export const Principal = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('nobody') }),
  z.strictObject({ kind: z.literal('user'), id: z.uuid(), permissions: z.array(PermissionSchema) }),
  z.strictObject({ kind: z.literal('key'), id: z.uuid(), userId: z.uuid(), permissions: z.array(PermissionSchema) }),
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
  /** Identifies a command across retries: the same id has its effect once. */
  commandId: z.string().min(1).max(200),
  /** True where the caller chose the id (`Idempotency-Key`): then the same id with another body is refused. */
  idempotent: z.boolean(),
  correlationId: z.string(),
  causationId: z.string(),
  /** Milliseconds since the epoch after which nobody waits for the answer. */
  deadlineAt: z.int().positive(),
  traceparent: z.string().optional(),
});
export type RequestContext = z.infer<typeof RequestContext>;

export const actorOf = (principal: Principal): string => {
  switch (principal.kind) {
    case 'nobody':
      return 'nobody';
    case 'service':
      return `service:${principal.name}`;
    case 'user':
    case 'key':
    case 'agent':
    case 'operator':
      return `${principal.kind}:${principal.id}`;
  }
};

/** The person behind a caller: the one who signed in, or whom a key acts for. */
export const personOf = (principal: Principal): string | undefined => {
  if (principal.kind === 'user') return principal.id;
  return principal.kind === 'key' ? principal.userId : undefined;
};
