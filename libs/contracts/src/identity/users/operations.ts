import { z } from 'zod';
import { command, query } from '../../define.ts';
import { OrgId, Text, UserId } from '../../values.ts';
import { OrgSlug } from '../orgs/types.ts';
import { Email, Password, UserView } from './types.ts';

export const SignUp = command({
  subject: 'identity.sign-up',
  summary: 'Create an account, with an organization of its own',
  http: 'POST /users',
  created: true,
  access: 'public',
  input: z.strictObject({ email: Email, password: Password, name: Text.trim().min(1).max(200).optional() }),
  output: z.strictObject({ userId: UserId, orgId: OrgId, orgSlug: OrgSlug }),
  refusals: { EmailTaken: 409, TooManyHashes: 429 },
});

export const GetMe = query({
  subject: 'identity.get-me',
  summary: 'The person who calls',
  http: 'GET /me',
  access: 'caller',
  input: z.strictObject({}),
  output: UserView.extend({ activeApiKeys: z.int().min(0) }),
  refusals: { UserNotFound: 404 },
});
