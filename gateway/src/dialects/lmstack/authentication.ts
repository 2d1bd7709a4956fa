import { identity } from '@orrery/contracts';
import { z } from 'zod';
import { Failed, refusal, unauthenticated } from '../../failure.ts';
import { type Json, Password, row } from './row.ts';
import { user } from './users.ts';

/** Clients of this API know no second factor; whoever owes one is told so, and may nothing before it is shown. */
export const token = ({ tokens, person }: identity.SignedIn): Json => ({
  access_token: tokens.accessToken,
  token_type: 'bearer',
  user: user(person),
  ...(tokens.secondFactorNeeded ? { mfa_required: true } : {}),
});

const given = <T>(value: T | null | undefined): T | undefined => value ?? undefined;

export const authentication = [
  row({
    method: 'GET',
    path: '/auth/setup/status',
    operations: [identity.GetSetup],
    answer: async (to) => ({ initialized: (await to.ask(identity.GetSetup, {})).isDone }),
  }),
  row({
    method: 'POST',
    path: '/auth/setup',
    operations: [identity.SetUp],
    body: z.object({ username: z.string().min(3).max(50), password: Password, email: z.string().nullish() }),
    answer: async (to, { body: { username, password, email } }) =>
      token(await to.ask(identity.SetUp, { username, password, email: given(email) })),
  }),
  row({
    method: 'POST',
    path: '/auth/login',
    operations: [identity.LogInByUsername],
    body: z.object({ username: z.string(), password: z.string() }),
    answer: async (to, { body }) => {
      const outcome = await to.outcome(identity.LogInByUsername, body);
      if (outcome.accepted) return token(outcome.value);
      const failure = refusal(identity.LogInByUsername, outcome.rejection);
      // Whoever may not log in is nobody there, whatever the reason.
      throw new Failed(failure.status === 403 ? unauthenticated(failure.detail) : failure);
    },
  }),
  row({
    method: 'GET',
    path: '/auth/me',
    operations: [identity.GetMyself],
    answer: async (to) => user(await to.ask(identity.GetMyself, {})),
  }),
  row({
    method: 'POST',
    path: '/auth/me/password',
    operations: [identity.ChangePassword],
    body: z.object({ current_password: z.string(), new_password: Password }),
    names: { currentPassword: 'current_password', newPassword: 'new_password' },
    answer: async (to, { body }) => {
      await to.ask(identity.ChangePassword, { currentPassword: body.current_password, newPassword: body.new_password });
      return { message: 'Password changed successfully' };
    },
  }),
];
