import { identity } from '@orrery/contracts';
import { settingSession } from '../access/session-cookie.ts';
import type { Answer, AnswerRoute, Call, Dialect, Parts } from '../dialect.ts';
import { idOf } from '../dialects/row.ts';
import { Failed, refusal } from '../failure.ts';
import { inputOf } from '../input.ts';
import { problem } from '../problem.ts';
import { ticketCookie } from './ticket-cookie.ts';

export const base = '/sign-in';

const issuerIn = ({ path }: Parts): identity.IssuerName => idOf(identity.IssuerName, path['issuer'], 'IssuerNotFound');

/** What is read off the query; of a parameter that is given twice nobody knows which one counts, so none does. */
const queryOf = ({ query }: Parts, names: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(names).flatMap(([field, name]) => {
      const value = query[name];
      return typeof value === 'string' ? [[field, value]] : [];
    }),
  );

const going = (location: string, setCookie: readonly string[]): Answer => ({
  status: 303,
  contentType: 'text/plain; charset=utf-8',
  body: '',
  location,
  setCookie,
});

const owing = (returnTo: string): string => {
  const url = new URL(returnTo);
  url.searchParams.set('second_factor_needed', 'true');
  return url.href;
};

const inBody = (body: object): Parts => ({ path: {}, query: {}, body });

/** The pages of this platform that browsers are sent through when they sign in with another issuer. They hold nothing themselves. */
const routes = (publicUrl: string): readonly AnswerRoute[] => {
  const ticket = ticketCookie(publicUrl);
  const finish = async (call: Call): Promise<Answer> => {
    const held = call.cookie(ticket.name);
    if (held === undefined) throw new Failed(refusal(identity.FinishSignIn, { code: 'SignInRefused', details: {} }));
    const answer = queryOf(call.parts, { code: 'code', state: 'state', iss: 'iss', error: 'error' });
    const input = inputOf(identity.FinishSignIn, 'POST', inBody({ issuer: issuerIn(call.parts), ticket: held, answer }));
    const { returnTo, tokens } = await call.ask(identity.FinishSignIn, input);
    if (!tokens) return going(returnTo, [ticket.clearing]);
    const session = settingSession(tokens.accessToken, tokens.expiresIn, publicUrl);
    return going(tokens.secondFactorNeeded ? owing(returnTo) : returnTo, [session, ticket.clearing]);
  };
  return [
    {
      kind: 'answer',
      method: 'GET',
      path: `${base}/{issuer}`,
      operations: [identity.BeginSignIn],
      answer: async (call) => {
        const wish = { issuer: issuerIn(call.parts), ...queryOf(call.parts, { returnTo: 'return_to' }) };
        const begun = await call.ask(identity.BeginSignIn, inputOf(identity.BeginSignIn, 'POST', inBody(wish)));
        return going(begun.url, [ticket.setting(begun.ticket, begun.expiresIn)]);
      },
    },
    { kind: 'answer', method: 'GET', path: `${base}/{issuer}/callback`, operations: [identity.FinishSignIn], answer: finish },
    {
      kind: 'answer',
      method: 'POST',
      path: `${base}/{issuer}/link`,
      operations: [identity.BeginIdentityLink],
      takesCookie: true,
      answer: async (call) => {
        const parts = { ...call.parts, path: { issuer: issuerIn(call.parts) } };
        const {
          url,
          ticket: sealed,
          expiresIn,
        } = await call.ask(identity.BeginIdentityLink, inputOf(identity.BeginIdentityLink, 'POST', parts));
        const body = JSON.stringify({ url });
        return { status: 200, contentType: 'application/json; charset=utf-8', body, setCookie: ticket.setting(sealed, expiresIn) };
      },
    },
  ];
};

export const signIn = ({ publicUrl }: { readonly publicUrl: string }): Dialect => ({
  name: 'sign-in',
  bases: [base],
  routes: routes(publicUrl),
  error: problem,
});
