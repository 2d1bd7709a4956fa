import { Controller } from '@nestjs/common';
import { type InputOf, identity, instantOf, newId, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore, handleWith } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { Session } from '../domain/session.ts';
import { findByEmail, findById } from '../views/people.view.ts';
import { AccessTokens, accessTokenSeconds } from './access-tokens.ts';
import { Passwords, TooManyHashes } from './passwords.ts';
import { mintRefreshToken, parseRefreshToken, refreshTokenDays } from './refresh-tokens.ts';

type Tokens = OutputOf<typeof identity.LogIn>;

const streamOf = (sessionId: string): string => `session-${sessionId}`;
const dayMs = 86_400_000;
const badRefreshToken = { code: 'BadRefreshToken', details: {} } as const;

@Controller()
export class SessionsHandler {
  private readonly session;

  constructor(
    private readonly store: EventStore,
    private readonly passwords: Passwords,
    private readonly accessTokens: AccessTokens,
  ) {
    this.session = handleWith(store, Session, { name: 'session' });
  }

  @Serves(identity.LogIn)
  async logIn(input: InputOf<typeof identity.LogIn>, context: RequestContext): Promise<Tokens> {
    const person = await findByEmail(this.store, input.email);
    const isCorrect = await this.isCorrect(input.password, person?.passwordHash ?? undefined);
    // One answer for an unknown address and a wrong password, after the same work.
    if (!person || !isCorrect) return refuse({ code: 'BadCredentials', details: {} });
    const sessionId = newId(identity.SessionId);
    const refresh = mintRefreshToken(sessionId);
    const answer = () => this.tokens(person, sessionId, refresh.token);
    const open = { type: 'Open', sessionId, userId: person.id, refreshHash: refresh.hash, ...this.times() } as const;
    const handled = await this.session(streamOf(sessionId), open, context, {
      answer,
      sealed: true,
      fresh: true,
      input: { email: input.email },
    });
    return refuse(handled).answer;
  }

  @Serves(identity.RefreshSession)
  async refresh({ refreshToken }: InputOf<typeof identity.RefreshSession>, context: RequestContext): Promise<Tokens> {
    const presented = parseRefreshToken(refreshToken);
    if (!presented) return refuse(badRefreshToken);
    const { sessionId } = presented;
    const next = mintRefreshToken(sessionId);
    const command = { type: 'Refresh', presentedHash: presented.hash, refreshHash: next.hash, ...this.times() } as const;
    const handled = await this.session(streamOf(sessionId), command, context, {
      input: presented,
      sealed: true,
      answer: (_, state) => (state.status === 'Open' ? { userId: state.userId, token: next.token } : null),
    });
    const { answer } = refuse(handled);
    if (!answer) return refuse(badRefreshToken);
    const person = await findById(this.store, answer.userId);
    return person ? this.tokens(person, sessionId, answer.token) : refuse(badRefreshToken);
  }

  @Serves(identity.LogOut)
  async logOut({ refreshToken }: InputOf<typeof identity.LogOut>, context: RequestContext): Promise<OutputOf<typeof identity.LogOut>> {
    const presented = parseRefreshToken(refreshToken);
    if (!presented) return refuse(badRefreshToken);
    const command = { type: 'LogOut', presentedHash: presented.hash, at: this.times().at } as const;
    refuse(await this.session(streamOf(presented.sessionId), command, context, { input: presented }));
    return {};
  }

  private times() {
    const now = systemClock.now();
    return { at: instantOf(now), expiresAt: instantOf(now + refreshTokenDays * dayMs) };
  }

  private tokens(person: Pick<identity.UserView, 'id' | 'email'>, sessionId: string, refreshToken: string): Tokens {
    const accessToken = this.accessTokens.of(person.id, sessionId);
    return { accessToken, refreshToken, expiresIn: accessTokenSeconds, userId: person.id, email: person.email };
  }

  private async isCorrect(password: string, passwordHash: string | undefined): Promise<boolean> {
    try {
      return await this.passwords.isCorrect(password, passwordHash);
    } catch (error) {
      if (error instanceof TooManyHashes) return refuse({ code: 'TooManyHashes', details: {} });
      throw error;
    }
  }
}
