import { Controller } from '@nestjs/common';
import { type InputOf, identity, type OutputOf, type RequestContext, UserId } from '@orrery/contracts';
import { Refused, refuse, Serves } from '@orrery/messaging';
import { findByEmail, findByName, type Person, plain } from '../../views/people.view.ts';
import { listSessionsOf } from '../../views/sessions-list.ts';
import { callerOf, sessionOf } from '../caller.ts';
import { People } from '../people/people.ts';
import { Tries } from '../tries/tries.ts';
import { Accounts } from '../users/accounts.ts';
import { isOutdated } from '../users/password-hashes.ts';
import { Passwords } from '../users/passwords.ts';
import { RefreshTokens } from './refresh-tokens.ts';
import { SecondFactors } from './second-factors.ts';
import { Sessions } from './sessions.ts';

const badRefreshToken = { code: 'BadRefreshToken', details: {} } as const;

/** What signing in takes. */
export class Doors {
  constructor(
    readonly passwords: Passwords,
    readonly secondFactors: SecondFactors,
    readonly refreshTokens: RefreshTokens,
    readonly tries: Tries,
  ) {}
}

@Controller()
export class SessionsHandler {
  constructor(
    private readonly people: People,
    private readonly sessions: Sessions,
    private readonly doors: Doors,
    private readonly accounts: Accounts,
  ) {}

  @Serves(identity.LogIn)
  async logIn({ email, password }: InputOf<typeof identity.LogIn>, context: RequestContext): Promise<identity.Tokens> {
    // Nothing is counted and nothing is looked up for whom nobody has time.
    this.doors.passwords.assertRoom(context);
    const { tokens } = await this.enter({ subject: email, find: () => findByEmail(this.people.store, email) }, password, context);
    return tokens;
  }

  /** However somebody is named, it is one line of tries. */
  @Serves(identity.LogInByUsername)
  async byUsername(
    { username, password }: InputOf<typeof identity.LogInByUsername>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.LogInByUsername>> {
    this.doors.passwords.assertRoom(context);
    const found = await findByName(this.people.store, username);
    const named = { subject: found?.email ?? `username ${plain(username)}`, find: async () => found };
    const { tokens, person } = await this.enter(named, password, context);
    return { tokens, person: await this.people.shownAtHome(person) };
  }

  @Serves(identity.RefreshSession)
  async refresh({ refreshToken }: InputOf<typeof identity.RefreshSession>, context: RequestContext): Promise<identity.Tokens> {
    const { tries, refreshTokens } = this.doors;
    const presented = refreshTokens.parse(refreshToken);
    const subject = presented?.sessionId ?? `made up at ${context.origin?.ip ?? 'nowhere'}`;
    const look = async () => presented && (await this.sessions.refresh(presented, context));
    return (await tries.check('refresh', subject, context, look)) ?? refuse(badRefreshToken);
  }

  @Serves(identity.LogOut)
  async logOut({ refreshToken }: InputOf<typeof identity.LogOut>, context: RequestContext): Promise<OutputOf<typeof identity.LogOut>> {
    const presented = this.doors.refreshTokens.parse(refreshToken);
    if (!presented) return refuse(badRefreshToken);
    await this.sessions.logOut(presented, context);
    return {};
  }

  @Serves(identity.EndSession)
  async end(_: InputOf<typeof identity.EndSession>, context: RequestContext): Promise<OutputOf<typeof identity.EndSession>> {
    const { principal } = context;
    const sessionId = sessionOf(principal);
    if (!sessionId || !('id' in principal)) return {};
    await this.sessions.revoke({ userId: UserId.parse(principal.id), sessionId }, 'logout', context);
    return {};
  }

  @Serves(identity.LogOutEverywhere)
  async everywhere(
    { keepThis }: InputOf<typeof identity.LogOutEverywhere>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.LogOutEverywhere>> {
    const keep = keepThis ? sessionOf(context.principal) : undefined;
    return { revoked: await this.sessions.revokeAll(callerOf(context), 'logout-everywhere', context, keep) };
  }

  @Serves(identity.ListSessions)
  list(input: InputOf<typeof identity.ListSessions>, context: RequestContext): Promise<OutputOf<typeof identity.ListSessions>> {
    return listSessionsOf(this.people.store, { userId: callerOf(context), current: sessionOf(context.principal) }, input);
  }

  @Serves(identity.RevokeSession)
  async revoke(
    { sessionId }: InputOf<typeof identity.RevokeSession>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.RevokeSession>> {
    await this.sessions.revoke({ userId: callerOf(context), sessionId }, 'revoked', context);
    return {};
  }

  private async enter(
    { subject, find }: { readonly subject: string; readonly find: () => Promise<Person | undefined> },
    password: string,
    context: RequestContext,
  ): Promise<{ readonly tokens: identity.Tokens; readonly person: Person }> {
    const { tries, secondFactors, passwords } = this.doors;
    const person = await tries.check('login', subject, context, async () => {
      const found = await find();
      const isCorrect = await passwords.isCorrect(password, found?.passwordHash ?? undefined, context);
      return isCorrect ? found : undefined;
    });
    // One answer for an unknown name and a wrong password, after the same work.
    if (!person) return refuse({ code: 'BadCredentials', details: {} });
    await this.keepBetter(person, password, context);
    const owesSecondFactor = await secondFactors.isOwedBy(person.id);
    const opening = { method: 'password', owesSecondFactor, input: { email: person.email } } as const;
    return { tokens: await this.sessions.open(person, opening, context), person };
  }

  /** Only now is the password known that lies under an old hash. */
  private async keepBetter(person: Person, password: string, context: RequestContext): Promise<void> {
    if (!person.isActive || person.passwordHash === null || !isOutdated(person.passwordHash)) return;
    const passwordHash = await this.doors.passwords.hash(password, context).catch((error: unknown) => {
      // There is much to do: another log-in will bring another occasion.
      if (error instanceof Refused) return undefined;
      throw error;
    });
    if (passwordHash !== undefined) await this.accounts.rehash(person, passwordHash, context);
  }
}
