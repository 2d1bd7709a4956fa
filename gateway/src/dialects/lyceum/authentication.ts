import { identity } from '@orrery/contracts';
import { z } from 'zod';
import type { Writable } from './json.ts';
import { row } from './row.ts';

type Tokens = z.output<typeof identity.Tokens>;

export const tokens = ({ accessToken, refreshToken, expiresIn, userId, email, secondFactorNeeded }: Tokens): Writable => ({
  access_token: accessToken,
  refresh_token: refreshToken,
  token_type: 'bearer',
  expires_in: expiresIn,
  user_id: userId,
  email,
  // Where there is nothing to say, nothing is: as clients know it.
  ...(secondFactorNeeded ? { mfa_required: true } : {}),
});

export const authentication = [
  row({
    method: 'POST',
    path: '/auth/login',
    operations: [identity.LogIn],
    body: z.object({ email: z.string(), password: z.string() }),
    answer: async (to, { body }) => tokens(await to.ask(identity.LogIn, body)),
  }),
  row({
    method: 'POST',
    path: '/auth/refresh',
    operations: [identity.RefreshSession],
    body: z.object({ refresh_token: z.string() }),
    names: { refreshToken: 'refresh_token' },
    answer: async (to, { body }) => tokens(await to.ask(identity.RefreshSession, { refreshToken: body.refresh_token })),
  }),
  row({
    method: 'DELETE',
    path: '/user/delete',
    operations: [identity.DeleteMe],
    answer: async (to) => {
      await to.ask(identity.DeleteMe, {});
      return { message: 'Account deleted' };
    },
  }),
];
