import { z } from 'zod';
import { command, query } from '../../define.ts';
import { NameText, OffsetRequest, OrgId, Text } from '../../values.ts';
import { ApiKeyId } from '../keys/types.ts';
import { LogIn } from '../sessions/operations.ts';
import { Email, Password } from '../users/types.ts';
import { Membership, Numbered, PersonRef, PersonView, SignedIn, Username } from './types.ts';

const nothing = z.strictObject({});
const Name = NameText.min(1).max(200);
/** Whoever somebody is, who they are elsewhere is no matter of theirs. */
const taken = { UsernameTaken: 409, EmailTaken: 409 } as const;
const where = { orgId: OrgId.optional() };

export const GetSetup = query({
  subject: 'identity.get-setup',
  summary: 'Whether the installation is set up: it has people, or an administrator, or is set up from inside alone',
  http: 'GET /setup',
  access: 'public',
  input: nothing,
  output: z.strictObject({ isDone: z.boolean() }),
  refusals: {},
});

export const SetUp = command({
  subject: 'identity.set-up',
  summary: 'Become the first administrator of an installation that nobody has used yet; works once',
  http: 'POST /setup',
  created: true,
  access: 'public',
  input: z.strictObject({ username: Username, password: Password, email: Email.optional(), name: Name.optional() }),
  output: SignedIn,
  refusals: { AlreadySetUp: 409, ...taken, TooManyTries: 429, TooManyHashes: 429 },
  secret: true,
  deadlineMs: 10_000,
});

export const LogInByUsername = command({
  subject: 'identity.log-in-by-username',
  summary: 'Exchange a username, or an e-mail address, and the password for tokens',
  http: 'POST /sessions/by-username',
  access: 'public',
  input: z.strictObject({ username: Text.max(254), password: z.string().max(200) }),
  output: SignedIn,
  refusals: LogIn.refusals,
  secret: true,
});

export const GetMyself = query({
  subject: 'identity.get-myself',
  summary: 'The person who calls, as those see them who look after the installation',
  http: 'GET /me/person',
  access: 'caller',
  input: nothing,
  output: PersonView,
  refusals: { UserNotFound: 404 },
});

export const ListPeople = query({
  subject: 'identity.list-people',
  summary: 'Everybody who has an account, in the order in which they came',
  http: 'GET /people',
  access: 'operator',
  input: OffsetRequest.extend(where),
  output: z.strictObject({ items: z.array(PersonView), total: z.int().min(0) }),
  refusals: {},
});

export const GetPerson = query({
  subject: 'identity.get-person',
  summary: 'One person, by their id or their number',
  http: 'GET /people/{person}',
  access: 'operator',
  input: z.strictObject({ person: PersonRef, ...where }),
  output: PersonView,
  refusals: { UserNotFound: 404 },
});

export const CreatePerson = command({
  subject: 'identity.create-person',
  summary: 'Make an account for somebody: in an organization where one is named, else with one of their own. Their address is vouched for',
  http: 'POST /people',
  created: true,
  access: 'operator',
  input: z.strictObject({
    username: Username,
    password: Password,
    email: Email.optional(),
    name: Name.optional(),
    isAdministrator: z.boolean().default(false),
    /** Whoever asks is an owner of it. */
    membership: Membership.optional(),
  }),
  output: PersonView,
  refusals: { ...taken, OrgNotFound: 404, OrgSuspended: 403, TooManyHashes: 429 },
});

export const UpdatePerson = command({
  subject: 'identity.update-person',
  summary: 'Change the address or the name of somebody, close or open their account, make them an administrator or none, give them a role',
  http: 'PATCH /people/{person}',
  access: 'operator',
  input: z.strictObject({
    person: PersonRef,
    email: Email.optional(),
    name: Name.nullish(),
    isActive: z.boolean().optional(),
    isAdministrator: z.boolean().optional(),
    /** Whoever asks is an owner of the organization. */
    membership: Membership.optional(),
    ...where,
  }),
  output: PersonView,
  refusals: {
    UserNotFound: 404,
    UserDeactivated: 403,
    EmailTaken: 409,
    OwnAccount: 409,
    LastAdministrator: 409,
    LastOwner: 409,
    OrgNotFound: 404,
    OrgSuspended: 403,
    TooManyOrgs: 409,
  },
  deadlineMs: 10_000,
});

export const NumberApiKeys = query({
  subject: 'identity.number-api-keys',
  summary: 'The numbers of keys of the organization',
  access: 'keys:read',
  input: z.strictObject({ keyIds: z.array(ApiKeyId).max(500) }),
  output: z.strictObject({ items: z.array(z.strictObject({ keyId: ApiKeyId, number: Numbered })) }),
  refusals: { ApiKeyNotFound: 404 },
});

const byNumber = { input: z.strictObject({ number: Numbered }), output: z.strictObject({ keyId: ApiKeyId }) };

export const FindApiKey = query({
  subject: 'identity.find-api-key',
  summary: 'The key of the organization that has a number',
  access: 'keys:read',
  ...byNumber,
  refusals: { ApiKeyNotFound: 404 },
});

/** Whoever may not is told that, whether or not there is such a key. */
export const FindManagedApiKey = query({
  subject: 'identity.find-managed-api-key',
  summary: 'The same for whoever means to change it',
  access: 'keys:manage',
  ...byNumber,
  refusals: { ApiKeyNotFound: 404, KeyMayNotManageKeys: 403 },
});
