import { z } from 'zod';
import { command, query } from '../../define.ts';
import { SpacePermission } from '../../permissions.ts';
import { PageRequest, pageOf, UserId } from '../../values.ts';
import { Occupation } from '../profiles/types.ts';
import { Email } from '../users/types.ts';
import { SpaceDescription, SpaceId, SpaceMemberView, SpaceName, SpaceView } from './types.ts';

const space = { spaceId: SpaceId };

export const ListSpaces = query({
  subject: 'identity.list-spaces',
  summary: 'The spaces of the organization that the caller may see, the oldest first',
  http: 'GET /spaces',
  access: 'spaces:read',
  /** `after`: those behind this one, for published APIs that page by the last id. */
  input: PageRequest.extend({ after: SpaceId.optional() }),
  output: pageOf(SpaceView),
  refusals: {},
});

export const CreateSpace = command({
  subject: 'identity.create-space',
  summary: 'Create a space in the organization',
  http: 'POST /spaces',
  created: true,
  access: 'spaces:create',
  input: z.strictObject({ name: SpaceName, description: SpaceDescription.default('') }),
  output: SpaceView,
  refusals: { OrgNotFound: 404, TooManySpaces: 409, OrgSuspended: 403 },
});

export const GetSpace = query({
  subject: 'identity.get-space',
  summary: 'One space',
  http: 'GET /spaces/{spaceId}',
  access: 'spaces:read',
  input: z.strictObject(space),
  output: SpaceView,
  refusals: { SpaceNotFound: 404 },
});

export const UpdateSpace = command({
  subject: 'identity.update-space',
  summary: 'Rename or describe a space',
  http: 'PATCH /spaces/{spaceId}',
  access: 'spaces:manage',
  input: z.strictObject({ ...space, name: SpaceName.optional(), description: SpaceDescription.optional() }),
  output: SpaceView,
  refusals: { SpaceNotFound: 404 },
});

export const DeleteSpace = command({
  subject: 'identity.delete-space',
  summary: 'Delete a space; it can be restored, with its members',
  http: 'DELETE /spaces/{spaceId}',
  access: 'spaces:manage',
  input: z.strictObject(space),
  output: z.strictObject({}),
  refusals: { SpaceNotFound: 404 },
});

export const RestoreSpace = command({
  subject: 'identity.restore-space',
  summary: 'Bring a deleted space back, with its members',
  http: 'POST /spaces/{spaceId}/restore',
  access: 'spaces:manage',
  input: z.strictObject(space),
  output: SpaceView,
  refusals: { SpaceNotFound: 404, TooManySpaces: 409 },
});

export const InviteToSpace = command({
  subject: 'identity.invite-to-space',
  summary: 'Invite people to a space by e-mail, and say what they may do there',
  http: 'POST /spaces/{spaceId}/invites',
  created: true,
  access: 'spaces:manage',
  input: z.strictObject({ ...space, emails: z.array(Email).min(1).max(50), permissions: z.array(SpacePermission).min(1) }),
  /** Those who were invited: whoever has an open invite to the space or is in it is left out. */
  output: z.strictObject({ emails: z.array(z.string()) }),
  refusals: { SpaceNotFound: 404, OrgNotFound: 404, TooManyInvites: 409, OrgSuspended: 403 },
  deadlineMs: 15_000,
});

export const ListSpaceMembers = query({
  subject: 'identity.list-space-members',
  summary: 'Who was invited to the space and came, with what they may do there',
  http: 'GET /spaces/{spaceId}/members',
  access: 'spaces:read',
  input: PageRequest.extend(space),
  output: pageOf(SpaceMemberView),
  refusals: { SpaceNotFound: 404 },
});

export const SetSpacePermissions = command({
  subject: 'identity.set-space-permissions',
  summary: 'Say what a member of the space may do there',
  http: 'PUT /spaces/{spaceId}/members/{userId}',
  access: 'spaces:manage',
  input: z.strictObject({ ...space, userId: UserId, permissions: z.array(SpacePermission).min(1) }),
  output: SpaceMemberView,
  refusals: { SpaceNotFound: 404, MemberNotFound: 404 },
});

export const AddSpacePermissions = command({
  subject: 'identity.add-space-permissions',
  summary: 'Let a member of the space, or of its organization, do more there',
  http: 'POST /spaces/{spaceId}/members/{userId}/permissions',
  access: 'spaces:manage',
  input: z.strictObject({ ...space, userId: UserId, permissions: z.array(SpacePermission).min(1) }),
  output: SpaceMemberView,
  refusals: { SpaceNotFound: 404, MemberNotFound: 404 },
});

export const RemoveSpaceMember = command({
  subject: 'identity.remove-space-member',
  summary: 'Take somebody out of a space, or leave it',
  http: 'DELETE /spaces/{spaceId}/members/{userId}',
  access: 'spaces:read',
  input: z.strictObject({ ...space, userId: UserId }),
  output: z.strictObject({}),
  refusals: { SpaceNotFound: 404, MemberNotFound: 404 },
});

/** The person who calls, where the request is made: for published APIs that show both at once. */
export const GetStanding = query({
  subject: 'identity.get-standing',
  summary: 'What the caller may do where this request is made, and which spaces they are in',
  http: 'GET /me/standing',
  access: 'caller',
  input: z.strictObject({}),
  output: z.strictObject({
    permissions: z.array(z.string()),
    /** Null until they said. */
    occupation: Occupation.nullable(),
    spaces: z.array(z.strictObject({ id: SpaceId, orgId: z.uuid(), name: z.string(), permissions: z.array(SpacePermission) })),
  }),
  refusals: {},
});
