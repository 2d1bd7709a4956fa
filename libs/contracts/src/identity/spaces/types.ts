import { z } from 'zod';
import { id } from '../../define.ts';
import { SpacePermission } from '../../permissions.ts';
import { Instant, NameText, OrgId, Text, UserId } from '../../values.ts';

export const SpaceId = id('SpaceId');
export type SpaceId = z.infer<typeof SpaceId>;

export const SpaceName = NameText.min(1).max(100);
export const SpaceDescription = Text.trim().max(1_000);

export const SpaceView = z
  .strictObject({
    id: SpaceId,
    orgId: OrgId,
    name: z.string(),
    description: z.string(),
    createdBy: UserId,
    createdAt: Instant,
    updatedBy: UserId,
    updatedAt: Instant,
  })
  .meta({ id: 'Space' });
export type SpaceView = z.infer<typeof SpaceView>;

export const SpaceMemberView = z
  .strictObject({ userId: UserId, email: z.string(), name: z.string().nullable(), permissions: z.array(SpacePermission) })
  .meta({ id: 'SpaceMember' });
export type SpaceMemberView = z.infer<typeof SpaceMemberView>;
