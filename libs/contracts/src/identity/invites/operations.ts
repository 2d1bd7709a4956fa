import { z } from 'zod';
import { command, query } from '../../define.ts';
import { PageRequest, pageOf } from '../../values.ts';
import { MembershipView, OrgSlug } from '../orgs/types.ts';
import { Email } from '../users/types.ts';
import { InvitableRole, InviteId, InviteToken, InviteView, ReceivedInviteView } from './types.ts';

export const CreateInvite = command({
  subject: 'identity.create-invite',
  summary: 'Invite somebody by e-mail; the token is shown once, another one goes into the mail',
  http: 'POST /orgs/{org}/invites',
  created: true,
  access: 'invites:manage',
  input: z.strictObject({ org: OrgSlug, email: Email, role: InvitableRole.default('member') }),
  output: InviteView.extend({ token: z.string() }),
  refusals: { OrgNotFound: 404, AlreadyMember: 409, InviteAlreadyPending: 409, TooManyInvites: 409, OrgSuspended: 403 },
  secret: true,
});

export const ListInvites = query({
  subject: 'identity.list-invites',
  summary: 'The invites of the organization, the newest first',
  http: 'GET /orgs/{org}/invites',
  access: 'invites:read',
  input: PageRequest.extend({ org: OrgSlug }),
  output: pageOf(InviteView),
  refusals: {},
});

export const RevokeInvite = command({
  subject: 'identity.revoke-invite',
  summary: 'Take an invite back',
  http: 'DELETE /orgs/{org}/invites/{inviteId}',
  access: 'invites:manage',
  input: z.strictObject({ org: OrgSlug, inviteId: InviteId }),
  output: z.strictObject({}),
  refusals: { InviteNotFound: 404, InviteUsed: 409 },
});

export const ListMyInvites = query({
  subject: 'identity.list-my-invites',
  summary: 'Invites that wait for the person who calls, by their verified e-mail address',
  http: 'GET /invites/mine',
  access: 'user',
  input: PageRequest,
  output: pageOf(ReceivedInviteView),
  refusals: {},
});

export const GetInvite = query({
  subject: 'identity.get-invite',
  summary: 'What an invite is for, to whoever has its token',
  http: 'GET /invites/{token}',
  access: 'public',
  input: z.strictObject({ token: InviteToken }),
  output: ReceivedInviteView,
  refusals: { InviteNotFound: 404, InviteExpired: 410, TooManyTries: 429 },
});

const answered = {
  InviteNotFound: 404,
  InviteForAnother: 403,
  InviteUsed: 409,
  InviteExpired: 410,
  TooManyTries: 429,
} as const;

export const AcceptInvite = command({
  subject: 'identity.accept-invite',
  summary: 'Join by an invite for the e-mail address of the caller',
  http: 'POST /invites/{token}/accept',
  access: 'user',
  input: z.strictObject({ token: InviteToken }),
  /** Null where the invite was to a space alone, as a guest of its organization. */
  output: z.strictObject({ inviteId: InviteId, membership: MembershipView.nullable() }),
  refusals: { ...answered, OrgNotFound: 404, AlreadyMember: 409, TooManyOrgs: 409, OrgSuspended: 403, SpaceNotFound: 404 },
});

export const DeclineInvite = command({
  subject: 'identity.decline-invite',
  summary: 'Turn an invite down',
  http: 'POST /invites/{token}/decline',
  access: 'user',
  input: z.strictObject({ token: InviteToken }),
  output: z.strictObject({}),
  refusals: answered,
});
