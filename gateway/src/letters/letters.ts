import { identity, type Operation, type OutputOf, type Principal, type RequestOf } from '@orrery/contracts';
import type { Rejection } from '@orrery/kernel';
import { z } from 'zod';
import type { Authenticator } from '../access/authenticate.ts';
import type { Asker } from '../oauth/visit.ts';
import { sentenceOf } from '../sentences.ts';
import { donePage, invitePage, resetPasswordPage, type Shown, verifyEmailPage } from './pages.ts';

/** A page, and whether what was asked for was done. */
export interface Answered {
  readonly isDone: boolean;
  readonly page: string;
}

export interface LetterParts {
  readonly asker: Asker;
  readonly authenticator: Pick<Authenticator, 'identify'>;
}

type Form = URLSearchParams;
type Attempt<T> = { readonly value: T } | { readonly problem: string };

const nobody: Principal = { kind: 'nobody' };
const badPassword = 'A password has at least 10 characters, and at most 200.';
const problemIn = ({ code, details }: Rejection): string => sentenceOf(code, { ...details });

const done = (title: string, sentence: string): Answered => ({ isDone: true, page: donePage(title, sentence) });

/** What the links of letters lead to: the same as clients do with the tokens in them, for whoever has but a browser. */
export class Letters {
  readonly #parts: LetterParts;

  constructor(parts: LetterParts) {
    this.#parts = parts;
  }

  async verifyEmail(form: Form): Promise<Answered> {
    const tried = await this.#try(identity.VerifyEmail, { token: form.get('token') }, 'BadTicket');
    if ('problem' in tried) return again(verifyEmailPage, form, tried.problem);
    return done('Confirmed', 'The address is yours. You can close this page.');
  }

  async resetPassword(form: Form): Promise<Answered> {
    if (form.get('step') === 'ask') {
      const asked = await this.#try(identity.RequestPasswordReset, { email: form.get('email') }, 'InvalidInput');
      if ('problem' in asked) return again(resetPasswordPage, form, asked.problem);
      return done('Look into your mail', 'If there is an account with this address, a letter is on its way.');
    }
    const newPassword = form.get('password');
    if (!identity.Password.safeParse(newPassword).success) return again(resetPasswordPage, form, badPassword);
    const tried = await this.#try(identity.ResetPassword, { token: form.get('token'), newPassword }, 'BadTicket');
    if ('problem' in tried) return again(resetPasswordPage, form, tried.problem);
    return done('Your password is changed', 'All sessions were ended: log in with the new password.');
  }

  async invite(form: Form): Promise<Answered> {
    const token = form.get('token');
    const found = await this.#try(identity.GetInvite, { token }, 'InviteNotFound');
    if ('problem' in found) return again(invitePage, form, found.problem);
    const { email, org } = found.value;
    if (form.get('step') === 'join') return await this.#join(form, email, org.name);
    const person = await this.#logIn(form, email);
    if ('problem' in person) return again(invitePage, form, person.problem);
    const { principal, refreshToken } = person.value;
    const isDeclined = form.get('step') === 'decline';
    const answer = isDeclined ? identity.DeclineInvite : identity.AcceptInvite;
    const tried = await this.#try<Operation>(answer, { token }, 'InviteNotFound', principal);
    await this.#try(identity.LogOut, { refreshToken }, 'BadRefreshToken');
    if ('problem' in tried) return again(invitePage, form, tried.problem);
    return isDeclined ? done('Declined', 'Nobody asks you again by this letter.') : welcome(org.name);
  }

  async #join(form: Form, email: string, org: string): Promise<Answered> {
    const password = form.get('password');
    if (!identity.Password.safeParse(password).success) return again(invitePage, form, badPassword);
    const name = form.get('name')?.trim() ?? '';
    const input = { email, password, inviteToken: form.get('token'), ...(name === '' ? {} : { name }) };
    const tried = await this.#try(identity.SignUp, input, 'InvalidInput');
    return 'problem' in tried ? again(invitePage, form, tried.problem) : welcome(org);
  }

  /** For this one answer: the session ends with it. */
  async #logIn(form: Form, email: string): Promise<Attempt<{ principal: Principal; refreshToken: string }>> {
    const tried = await this.#try(identity.LogIn, { email, password: form.get('password') }, 'BadCredentials');
    if ('problem' in tried) return tried;
    const { userId: id, refreshToken, accessToken, secondFactorNeeded } = tried.value;
    if (secondFactorNeeded) {
      const who = await this.#parts.authenticator.identify({ authorization: undefined, cookie: accessToken, ip: '' });
      if (who.kind !== 'pending') return { problem: sentenceOf('SecondFactorNeeded', {}) };
      const code = form.get('code')?.trim() ?? '';
      const pending: Principal = { kind: 'pending', id, sessionId: who.sessionId };
      const shown = await this.#try(identity.ShowSecondFactor, { proof: { code } }, 'WrongCode', pending);
      if ('problem' in shown) return shown;
    }
    return { value: { principal: { kind: 'user', id, permissions: [] }, refreshToken } };
  }

  async #try<X extends Operation>(
    operation: X,
    given: unknown,
    unfit: string,
    principal: Principal = nobody,
  ): Promise<Attempt<OutputOf<X>>> {
    const input = z.safeParse(operation.input, given);
    if (!input.success) return { problem: sentenceOf(unfit, {}) };
    // It was just parsed, so it is what the operation takes.
    const outcome = await this.#parts.asker.ask(operation, given as RequestOf<X>, principal);
    return outcome.accepted ? { value: outcome.value } : { problem: problemIn(outcome.rejection) };
  }
}

const again = (page: (shown: Shown) => string, form: Form, problem: string): Answered => ({
  isDone: false,
  page: page({ problem, token: form.get('token') ?? '' }),
});

const welcome = (org: string): Answered => done('Welcome', `You are in ${org} now. You can close this page.`);
