import { identity } from '@orrery/contracts';
import { z } from 'zod';
import { clearingSession, settingSession } from '../../access/session-cookie.ts';
import type { AnswerRoute } from '../../dialect.ts';
import { WithCookie } from '../row.ts';
import { row } from './row.ts';

/** Log-in, the second factor and log-out of browsers. The cookie is all that they get: no token comes into the reach of scripts. */
export const session = ({ publicUrl }: { readonly publicUrl: string }): readonly AnswerRoute[] => [
  row({
    method: 'POST',
    path: '/user/login',
    operations: [identity.LogIn],
    body: z.object({ email: z.string(), password: z.string() }),
    answer: async (to, { body }) => {
      const { accessToken, expiresIn, userId, email, secondFactorNeeded } = await to.ask(identity.LogIn, body);
      const shown = { id: userId, email, second_factor_needed: secondFactorNeeded };
      return new WithCookie(shown, settingSession(accessToken, expiresIn, publicUrl));
    },
  }),
  row({
    method: 'POST',
    path: '/user/second-factor',
    operations: [identity.ShowSecondFactor],
    body: z.object({ code: identity.MfaCode }),
    answer: async (to, { body }) => ({
      remaining_backup_codes: (await to.ask(identity.ShowSecondFactor, { proof: body })).backupCodesLeft,
    }),
  }),
  row({
    method: 'POST',
    path: '/user/logout',
    operations: [identity.EndSession],
    answer: async (to) => {
      await to.ask(identity.EndSession, {});
      return new WithCookie({}, clearingSession(publicUrl));
    },
  }),
];
