import { z } from 'zod';
import { command, query } from '../../define.ts';
import { NameText, OrgId, Text, UserId } from '../../values.ts';
import { InviteToken } from '../invites/types.ts';
import { OrgSlug } from '../orgs/types.ts';
import { Email, Password, UserView } from './types.ts';

const nothing = z.strictObject({});
const Ticket = Text.max(500);
const Name = NameText.min(1).max(200);

export const SignUp = command({
  subject: 'identity.sign-up',
  summary: 'Create an account, with an organization of its own; or, with the token of an invite, in the one that invites',
  http: 'POST /users',
  created: true,
  access: 'public',
  input: z.strictObject({ email: Email, password: Password, name: Name.optional(), inviteToken: InviteToken.optional() }),
  /** The organization that is the person's default one: their own, or the one that invited them. */
  output: z.strictObject({ userId: UserId, orgId: OrgId, orgSlug: OrgSlug }),
  refusals: {
    EmailTaken: 409,
    InviteNotFound: 404,
    InviteForAnother: 403,
    InviteUsed: 409,
    InviteExpired: 410,
    OrgNotFound: 404,
    OrgSuspended: 403,
    SpaceNotFound: 404,
    TooManyTries: 429,
    TooManyHashes: 429,
  },
});

export const ImportUser = command({
  subject: 'identity.import-user',
  summary: 'Take over an account from elsewhere with its password as it is kept there: Argon2, or PBKDF2 as LMStack has it',
  http: 'POST /users/import',
  created: true,
  access: 'operator',
  input: z.strictObject({
    email: Email,
    name: Name.nullish(),
    passwordHash: Text.max(400),
    emailVerified: z.boolean().default(false),
  }),
  output: SignUp.output,
  refusals: { EmailTaken: 409, UnknownPasswordHash: 422 },
});

export const GetMe = query({
  subject: 'identity.get-me',
  summary: 'The person who calls',
  http: 'GET /me',
  access: 'caller',
  input: nothing,
  output: UserView.extend({ activeApiKeys: z.int().min(0) }),
  refusals: { UserNotFound: 404 },
});

export const UpdateMe = command({
  subject: 'identity.update-me',
  summary: 'Change what the person who calls is named',
  http: 'PATCH /me',
  access: 'user',
  input: z.strictObject({ name: Name.nullable() }),
  output: UserView,
  refusals: { UserNotFound: 404, UserDeactivated: 403 },
});

export const RequestEmailVerification = command({
  subject: 'identity.request-email-verification',
  summary: 'Send the letter that confirms an address once more, if there is anything to confirm',
  http: 'POST /users/verification-letters',
  access: 'public',
  input: z.strictObject({ email: Email }),
  output: nothing,
  refusals: { TooManyTries: 429 },
});

export const VerifyEmail = command({
  subject: 'identity.verify-email',
  summary: 'Confirm an address with the token that was sent there; works once',
  http: 'POST /users/verify-email',
  access: 'public',
  input: z.strictObject({ token: Ticket }),
  output: nothing,
  refusals: { BadTicket: 400, TooManyTries: 429 },
});

export const ChangePassword = command({
  subject: 'identity.change-password',
  summary: 'Change the password; every other session ends',
  http: 'POST /me/password',
  access: 'user',
  input: z.strictObject({ currentPassword: z.string().max(200), newPassword: Password }),
  output: nothing,
  refusals: { WrongPassword: 400, UserNotFound: 404, UserDeactivated: 403, TooManyTries: 429, TooManyHashes: 429 },
});

export const RequestPasswordReset = command({
  subject: 'identity.request-password-reset',
  summary: 'Send a letter with which the password can be chosen anew, if there is such an account',
  http: 'POST /users/reset-letters',
  access: 'public',
  input: z.strictObject({ email: Email }),
  output: nothing,
  refusals: { TooManyTries: 429 },
});

export const ResetPassword = command({
  subject: 'identity.reset-password',
  summary: 'Choose a new password with the token that was sent; works once, and ends every session',
  http: 'POST /users/reset-password',
  access: 'public',
  input: z.strictObject({ token: Ticket, newPassword: Password }),
  output: nothing,
  refusals: { BadTicket: 400, TooManyTries: 429, TooManyHashes: 429 },
});

export const DeactivateMe = command({
  subject: 'identity.deactivate-me',
  summary: 'Close the account without losing anything: only the operator opens it again',
  http: 'POST /me/deactivate',
  access: 'user',
  input: nothing,
  output: nothing,
  refusals: { UserNotFound: 404, LastAdministrator: 409 },
});

export const DeleteMe = command({
  subject: 'identity.delete-me',
  summary: 'Delete the account, and erase everything in which its person can be recognised; irreversible',
  http: 'DELETE /me',
  access: 'user',
  input: nothing,
  output: nothing,
  refusals: { LastAdministrator: 409, LastOwner: 409, OrgHasBalance: 409, UserNotFound: 404 },
  deadlineMs: 10_000,
});

export const DeleteUser = command({
  subject: 'identity.delete-user',
  summary: 'Delete the account of a person, as they could themselves; irreversible',
  http: 'DELETE /users/{userId}',
  access: 'operator',
  input: z.strictObject({ userId: UserId }),
  output: nothing,
  refusals: { LastAdministrator: 409, LastOwner: 409, OrgHasBalance: 409, OwnAccount: 409, UserNotFound: 404 },
  deadlineMs: 10_000,
});

export const DeactivateUser = command({
  subject: 'identity.deactivate-user',
  summary: 'Close the account of a person; sessions and keys open nothing any more',
  http: 'POST /users/{userId}/deactivate',
  access: 'operator',
  input: z.strictObject({ userId: UserId }),
  output: nothing,
  refusals: { UserNotFound: 404, LastAdministrator: 409, OwnAccount: 409 },
});

export const ReactivateUser = command({
  subject: 'identity.reactivate-user',
  summary: 'Open the account of a person again',
  http: 'POST /users/{userId}/reactivate',
  access: 'operator',
  input: z.strictObject({ userId: UserId }),
  output: nothing,
  refusals: { UserNotFound: 404 },
});
