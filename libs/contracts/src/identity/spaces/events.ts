import { z } from 'zod';
import { events } from '../../define.ts';
import { SpacePermission } from '../../permissions.ts';
import { Instant, OrgId, UserId } from '../../values.ts';
import { SpaceId } from './types.ts';

const space = { spaceId: SpaceId, orgId: OrgId };
const names = { name: z.string(), description: z.string() };
/** Sealed with the key of the organization, as what people write about it is. */
const sealed = { personal: { of: 'orgId', fields: ['name', 'description'] } };

export const SpaceEvents = events(
  'identity',
  {
    SpaceCreated: z.strictObject({ ...space, ...names, createdBy: UserId, at: Instant }),
    SpaceUpdated: z.strictObject({ ...space, ...names, by: UserId, at: Instant }),
    SpaceDeleted: z.strictObject({ ...space, by: UserId.nullable(), at: Instant }),
    SpaceRestored: z.strictObject({ ...space, by: UserId, at: Instant }),
    /** What somebody may do in the space from now on, whatever it was before. */
    SpacePermissionsGiven: z.strictObject({ ...space, userId: UserId, permissions: z.array(SpacePermission).min(1), at: Instant }),
    SpaceMemberLeft: z.strictObject({
      ...space,
      userId: UserId,
      reason: z.enum(['left', 'removed', 'left-org', 'erased']),
      by: UserId.nullable(),
      at: Instant,
    }),
  },
  { SpaceCreated: sealed, SpaceUpdated: sealed },
);
