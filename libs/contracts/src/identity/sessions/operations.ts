import { z } from 'zod';
import { command, query } from '../../define.ts';
import { PageRequest, pageOf, Text } from '../../values.ts';
import { Email } from '../users/types.ts';
import { SessionId, SessionView, Tokens } from './types.ts';

const RefreshToken = Text.max(500);

export const LogIn = command({
  subject: 'identity.log-in',
  summary: 'Exchange e-mail and password for tokens',
  http: 'POST /sessions',
  access: 'public',
  input: z.strictObject({ email: Email, password: z.string().max(200) }),
  output: Tokens,
  refusals: { BadCredentials: 401, UserDeactivated: 403, EmailNotVerified: 403, TooManyTries: 429, TooManyHashes: 429 },
  secret: true,
});

export const RefreshSession = command({
  subject: 'identity.refresh-session',
  summary: 'Exchange a refresh token for a new pair; each works once',
  http: 'POST /sessions/refresh',
  access: 'public',
  input: z.strictObject({ refreshToken: RefreshToken }),
  output: Tokens,
  refusals: { BadRefreshToken: 401, TooManyTries: 429 },
  secret: true,
});

export const LogOut = command({
  subject: 'identity.log-out',
  summary: 'End the session a refresh token belongs to',
  http: 'POST /sessions/logout',
  access: 'public',
  input: z.strictObject({ refreshToken: RefreshToken }),
  output: z.strictObject({}),
  refusals: { BadRefreshToken: 401, TooManyTries: 429 },
});

export const EndSession = command({
  subject: 'identity.end-session',
  summary: 'End the session of this request, within a second everywhere',
  http: 'DELETE /sessions/current',
  access: 'session',
  input: z.strictObject({}),
  output: z.strictObject({}),
  refusals: {},
});

export const LogOutEverywhere = command({
  subject: 'identity.log-out-everywhere',
  summary: 'End every session of the person who calls, or every other one',
  http: 'POST /sessions/logout-everywhere',
  access: 'user',
  input: z.strictObject({ keepThis: z.boolean().default(false) }),
  output: z.strictObject({ revoked: z.int().min(0) }),
  refusals: {},
});

export const ListSessions = query({
  subject: 'identity.list-sessions',
  summary: 'The open sessions of the person who calls, the newest first',
  http: 'GET /sessions',
  access: 'user',
  input: PageRequest,
  output: pageOf(SessionView),
  refusals: {},
});

export const RevokeSession = command({
  subject: 'identity.revoke-session',
  summary: 'End one session of the person who calls',
  http: 'DELETE /sessions/{sessionId}',
  access: 'user',
  input: z.strictObject({ sessionId: SessionId }),
  output: z.strictObject({}),
  refusals: { SessionNotFound: 404 },
});
