import { z } from 'zod';
import { command, query } from '../../define.ts';
import { Instant } from '../../values.ts';
import { OauthAppId, OauthGrantId, OauthScope } from './types.ts';

/** What the protocol keeps between two requests; how it names it, and how it looks inside, only the gateway's library knows. */
const record = { model: z.string().min(1).max(50), id: z.string().min(1).max(200) };

export const PutOauthRecord = command({
  subject: 'identity.put-oauth-record',
  summary: 'Keep what the protocol of OAuth must remember',
  access: 'service',
  input: z.strictObject({
    ...record,
    payload: z.string().max(65_536),
    expiresAt: Instant,
    grantId: z.string().max(100).optional(),
    uid: z.string().max(100).optional(),
    userCode: z.string().max(50).optional(),
  }),
  output: z.strictObject({}),
  refusals: {},
});

/** Whoever looks by a code that people type is guessing, perhaps. */
export const FindOauthRecord = query({
  subject: 'identity.find-oauth-record',
  summary: 'What was kept, and whether it was used',
  access: 'service',
  input: z.strictObject({ model: record.model, by: z.enum(['id', 'uid', 'userCode']), value: z.string().max(200) }),
  output: z.strictObject({ found: z.strictObject({ payload: z.string(), isConsumed: z.boolean() }).nullable() }),
  refusals: { TooManyTries: 429 },
});

export const ConsumeOauthRecord = command({
  subject: 'identity.consume-oauth-record',
  summary: 'Use what can be used once: of many who try at the same time one is first',
  access: 'service',
  input: z.strictObject(record),
  output: z.strictObject({ isFirst: z.boolean(), grantId: z.string().nullable() }),
  refusals: {},
});

export const DropOauthRecord = command({
  subject: 'identity.drop-oauth-record',
  summary: 'Forget what was kept; a token that is forgotten is refused everywhere within a second',
  access: 'service',
  input: z.strictObject(record),
  output: z.strictObject({}),
  refusals: {},
});

export const EndOauthGrant = command({
  subject: 'identity.end-oauth-grant',
  summary: 'End what a person has let an application do, and all tokens that came of it, within a second',
  access: 'service',
  input: z.strictObject({ grantId: OauthGrantId }),
  output: z.strictObject({}),
  refusals: {},
});

export const GrantOauthAccess = command({
  subject: 'identity.grant-oauth-access',
  summary: 'A person lets an application act for them; only the page that has asked them says so',
  access: 'user',
  input: z.strictObject({ grantId: OauthGrantId, appId: OauthAppId, scopes: z.array(OauthScope) }),
  output: z.strictObject({}),
  refusals: { UserDeactivated: 403 },
});

/** A command, so that it counts with everything else that shows a secret. */
export const VerifyOauthSecret = command({
  subject: 'identity.verify-oauth-secret',
  summary: 'Whether this is the secret of the application',
  access: 'service',
  input: z.strictObject({ appId: OauthAppId, secret: z.string().max(500) }),
  output: z.strictObject({ isRight: z.boolean() }),
  refusals: { TooManyTries: 429 },
});

/** `header.payload` of a token of an application, or of a word about a person; never of a session. */
export const SignOauthToken = command({
  subject: 'identity.sign-oauth-token',
  summary: 'Sign a token that an application gets',
  access: 'service',
  input: z.strictObject({ kid: z.string().max(100), content: z.string().max(16_384) }),
  output: z.strictObject({ signature: z.string() }),
  refusals: { TokenRefused: 422 },
  secret: true,
});
