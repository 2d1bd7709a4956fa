import { z } from 'zod';

/** NeoSpace's `UserPermission`: what its clients know. */
export const neospacePermissions = [
  'benchmarks:create',
  'benchmarks:get',
  'benchmarks:list',
  'evaluations:create',
  'leaderboards:list',
  'trainings:create',
  'trainings:delete',
  'trainings:get',
  'trainings:list',
  'trainings:update',
  'data-models:create',
  'data-models:delete',
  'data-models:get',
  'data-models:list',
  'data-models:update',
] as const;

/** Every permission there is, `resource:action`. What an operation asks for and what a role or key holds are both taken from here. */
export const permissions = [
  'org:read',
  'org:update',
  'org:delete',
  'members:read',
  'members:manage',
  'members:change-role',
  'invites:read',
  'invites:manage',
  'keys:read',
  'keys:manage',
  'spaces:read',
  'spaces:create',
  'spaces:manage',
  'secrets:read',
  'secrets:manage',
  'audit:read',
  'runs:read',
  'runs:create',
  'runs:control',
  'models:call',
  'catalog:read',
  'billing:read',
  'billing:manage',
  'logs:read',
  'metrics:read',
  'events:read',
  ...neospacePermissions,
] as const;
export type Permission = (typeof permissions)[number];
export const PermissionSchema = z.enum(permissions);

export const OrgRole = z.enum(['owner', 'admin', 'member', 'billing', 'viewer']);
export type OrgRole = z.infer<typeof OrgRole>;

const except = (held: readonly Permission[], ...lacking: Permission[]): readonly Permission[] =>
  held.filter((permission) => !lacking.includes(permission));

/** What only looks. Secrets and the audit trail are read by those who answer for them. */
const reading = except(
  permissions.filter((permission) => /:(read|get|list)$/.test(permission)),
  'secrets:read',
  'audit:read',
  'invites:read',
);
const admin = except(permissions, 'org:update', 'org:delete', 'members:change-role', 'billing:manage');
const governing: Permission[] = ['members:manage', 'invites:read', 'invites:manage', 'keys:manage', 'spaces:manage', 'audit:read'];

/** Roles as sets of permissions: the one place that says what a role may do. */
export const rolePermissions: Readonly<Record<OrgRole, readonly Permission[]>> = {
  owner: permissions,
  admin,
  /** Uses everything, governs nothing. */
  member: except(admin, ...governing),
  billing: ['org:read', 'members:read', 'billing:read', 'billing:manage'],
  viewer: reading,
};

/** What a space can give: work, and the look at it. What governs an organization, its people or its money is never given by a space. */
export const spacePermissions = permissions.filter((permission) =>
  /^(spaces:(read|manage)|runs|models|logs|metrics|benchmarks|evaluations|leaderboards|trainings|data-models)(:|$)/.test(permission),
);
export const SpacePermission = z.enum(spacePermissions as [Permission, ...Permission[]]);

/** What is left to whom in an organization that the operator has suspended: to look, to end work, to pay. Nothing begins, nobody joins. */
const left: ReadonlySet<Permission> = new Set([...reading, 'secrets:read', 'audit:read', 'invites:read', 'runs:control', 'billing:manage']);
export const whileSuspended = (held: readonly Permission[]): readonly Permission[] => held.filter((permission) => left.has(permission));
