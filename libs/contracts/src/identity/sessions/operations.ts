import { z } from 'zod';
import { command } from '../../define.ts';
import { Email } from '../users/types.ts';
import { Tokens } from './types.ts';

export const LogIn = command({
  subject: 'identity.log-in',
  summary: 'Exchange e-mail and password for tokens',
  http: 'POST /sessions',
  access: 'public',
  input: z.strictObject({ email: Email, password: z.string().max(200) }),
  output: Tokens,
  refusals: { BadCredentials: 401, TooManyHashes: 429 },
  secret: true,
});

export const RefreshSession = command({
  subject: 'identity.refresh-session',
  summary: 'Exchange a refresh token for a new pair; each works once',
  http: 'POST /sessions/refresh',
  access: 'public',
  input: z.strictObject({ refreshToken: z.string().max(500) }),
  output: Tokens,
  refusals: { BadRefreshToken: 401 },
  secret: true,
});

export const LogOut = command({
  subject: 'identity.log-out',
  summary: 'End the session a refresh token belongs to',
  http: 'POST /sessions/logout',
  access: 'public',
  input: z.strictObject({ refreshToken: z.string().max(500) }),
  output: z.strictObject({}),
  refusals: { BadRefreshToken: 401 },
});
