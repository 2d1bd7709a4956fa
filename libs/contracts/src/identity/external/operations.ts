import { z } from 'zod';
import { command, query } from '../../define.ts';
import { PageRequest, pageOf, Text } from '../../values.ts';
import { Tokens } from '../sessions/types.ts';
import { IssuerName, LinkedIdentityId, LinkedIdentityView, SignInBeginning, SignInIssuer } from './types.ts';

/** A path of this platform, or an address at an origin that the operator named. */
const ReturnTo = Text.min(1).max(1_000).default('/');
const beginning = { issuer: IssuerName, returnTo: ReturnTo };
const beginRefusals = { IssuerNotFound: 404, ReturnNotAllowed: 400, IssuerUnavailable: 503 } as const;
/** Longer than an issuer may take to tell about itself. */
const beginMs = 6_000;
/** Longer than an issuer may take in all the steps there are. */
const finishMs = 20_000;

export const ListSignInIssuers = query({
  subject: 'identity.list-sign-in-issuers',
  summary: 'The issuers with which people may sign in',
  http: 'GET /sign-in/issuers',
  access: 'public',
  input: z.strictObject({}),
  output: z.strictObject({ items: z.array(SignInIssuer) }),
  refusals: {},
});

export const BeginSignIn = query({
  subject: 'identity.begin-sign-in',
  summary: 'Where a browser signs in with another issuer; the ticket stays with the browser that asks',
  http: 'POST /sign-in/begin',
  access: 'public',
  input: z.strictObject(beginning),
  output: SignInBeginning,
  refusals: beginRefusals,
  deadlineMs: beginMs,
});

export const BeginIdentityLink = query({
  subject: 'identity.begin-identity-link',
  summary: 'Where the person who calls shows an account elsewhere, to sign in with it from then on',
  http: 'POST /me/identities/begin',
  access: 'user',
  input: z.strictObject(beginning),
  output: SignInBeginning,
  refusals: { ...beginRefusals, UserNotFound: 404 },
  deadlineMs: beginMs,
});

export const FinishSignIn = command({
  subject: 'identity.finish-sign-in',
  summary: 'Exchange what an issuer answered for tokens, or for a linked identity where that was begun',
  http: 'POST /sign-in/finish',
  access: 'public',
  input: z.strictObject({
    issuer: IssuerName,
    ticket: Text.max(4_000),
    /** What the issuer put into the query of the callback. */
    answer: z.strictObject({
      code: Text.max(4_000).optional(),
      state: Text.max(500).optional(),
      iss: Text.max(500).optional(),
      error: Text.max(200).optional(),
    }),
  }),
  output: z.strictObject({
    returnTo: z.string(),
    /** Null where an identity was linked by somebody who is signed in already. */
    tokens: Tokens.nullable(),
  }),
  refusals: {
    IssuerNotFound: 404,
    IssuerUnavailable: 503,
    SignInRefused: 400,
    SignInDenied: 403,
    AddressNotVouchedFor: 403,
    SignInToLink: 409,
    IdentityTaken: 409,
    TooManyIdentities: 409,
    UserNotFound: 404,
    UserDeactivated: 403,
    EmailNotVerified: 403,
    TooManyTries: 429,
  },
  secret: true,
  deadlineMs: finishMs,
});

export const ListMyIdentities = query({
  subject: 'identity.list-my-identities',
  summary: 'The accounts elsewhere with which the person who calls signs in',
  http: 'GET /me/identities',
  access: 'user',
  input: PageRequest,
  output: pageOf(LinkedIdentityView),
  refusals: {},
});

export const UnlinkIdentity = command({
  subject: 'identity.unlink-identity',
  summary: 'Sign in with an account elsewhere no more; sessions that were opened with one end, but for this one',
  http: 'DELETE /me/identities/{identityId}',
  access: 'user',
  input: z.strictObject({ identityId: LinkedIdentityId }),
  output: z.strictObject({}),
  refusals: { IdentityNotFound: 404, LastWayIn: 409, UserNotFound: 404 },
});
