import { createHash, randomBytes } from 'node:crypto';
import { identity } from '@orrery/contracts';

export interface RefreshToken {
  readonly sessionId: identity.SessionId;
  readonly hash: string;
}

export const refreshTokenDays = 30;

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** `<session id>.<256 random bits>`: the session is found by its id, the token compared by its hash. */
export const mintRefreshToken = (sessionId: identity.SessionId): RefreshToken & { readonly token: string } => {
  const token = `${sessionId}.${randomBytes(32).toString('base64url')}`;
  return { token, sessionId, hash: hashOf(token) };
};

export const parseRefreshToken = (token: string): RefreshToken | undefined => {
  const id = identity.SessionId.safeParse(token.split('.', 1)[0]);
  return id.success ? { sessionId: id.data, hash: hashOf(token) } : undefined;
};
