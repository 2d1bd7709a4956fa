import { type Instant, identity, instantOf, newId, type RequestContext, type UserId } from '@orrery/contracts';
import { type EventStore, handleWith } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse } from '@orrery/messaging';
import { Session } from '../../domain/session.ts';
import { mfaOf } from '../../views/mfa/mfa.view.ts';
import { findById, type Person } from '../../views/people.view.ts';
import { type SessionRow, sessions } from '../../views/sessions.view.ts';
import type { SigningKeys } from '../signing/signing-keys.ts';
import type { Snapshots } from '../snapshots.ts';
import { type Part, part, within } from '../together.ts';
import type { RefreshToken, RefreshTokens } from './refresh-tokens.ts';

const streamOf = (sessionId: string): string => `session-${sessionId}`;
const dayMs = 86_400_000;
const refreshTokenDays = 30;
/** How long somebody who has shown one factor may look for the other. */
const pendingMs = 15 * 60_000;
/** Sessions that are looked up at a time where all of a person's end. */
const pageRows = 200;

export interface Opening {
  readonly method: identity.SignInMethod;
  readonly owesSecondFactor: boolean;
  /** What the caller asked for, without secrets: the same `Idempotency-Key` with another input is refused. */
  readonly input: unknown;
}

export interface SessionParts {
  readonly store: EventStore;
  readonly signingKeys: SigningKeys;
  readonly refreshTokens: RefreshTokens;
  readonly snapshots: Snapshots;
  /** Nobody gets in before they have shown that their address is theirs. */
  readonly mustVerify: boolean;
}

export interface Ended {
  readonly userId: UserId;
  readonly sessionId: identity.SessionId;
}

export interface Ending {
  /** To be committed with whatever ends the sessions. */
  readonly parts: readonly Part[];
  /** To be called after that commit: tells gateways. */
  readonly finish: (context: RequestContext) => Promise<void>;
}

/** The sessions of people, from the first token to the end. Whoever asks has already made sure who the person is. */
export class Sessions {
  private readonly session;

  constructor(private readonly parts: SessionParts) {
    this.session = handleWith(parts.store, Session, { name: 'session' });
  }

  /**
   * Always a session of its own with an id that was drawn here: nobody can be led into one that somebody else knows. Refuses with
   * `UserDeactivated` and `EmailNotVerified`, which the contract of the operation must list.
   */
  async open(person: Person, { method, owesSecondFactor, input }: Opening, context: RequestContext): Promise<identity.Tokens> {
    this.assertWelcome(person);
    await this.parts.signingKeys.ready();
    const sessionId = newId(identity.SessionId);
    const refresh = this.parts.refreshTokens.mint(sessionId);
    const { at, expiresAt } = times(owesSecondFactor ? pendingMs : refreshTokenDays * dayMs);
    const { ip = null, userAgent = null } = context.origin ?? {};
    const origin = { ip, userAgent, method, owesSecondFactor };
    const command = { type: 'Open', sessionId, userId: person.id, ...origin, refreshHash: refresh.hash, expiresAt, at } as const;
    const answer = () => this.tokens(person, { sessionId, owesSecondFactor }, refresh.token);
    const handled = refuse(await this.session(streamOf(sessionId), command, context, { answer, sealed: true, fresh: true, input }));
    if (handled.repeated) return handled.answer;
    const isStillWelcome = await this.isStillWelcome(person, { method, owesSecondFactor });
    if (!isStillWelcome) {
      await this.revoke({ userId: person.id, sessionId }, 'revoked', within(context, sessionId));
      refuse({ code: 'UserDeactivated', details: {} });
    }
    return handled.answer;
  }

  /** The next pair of tokens, or undefined where the presented one is not the last of an open session. */
  async refresh(presented: RefreshToken, context: RequestContext): Promise<identity.Tokens | undefined> {
    const { sessionId } = presented;
    await this.parts.signingKeys.ready();
    const next = this.parts.refreshTokens.mint(sessionId);
    const { at, expiresAt } = times(refreshTokenDays * dayMs);
    const command = { type: 'Refresh', presentedHash: presented.hash, refreshHash: next.hash, expiresAt, at } as const;
    const handled = await this.session(streamOf(sessionId), command, context, {
      input: presented,
      sealed: true,
      answer: (_, state) =>
        state.status === 'Open' ? { userId: state.userId, owesSecondFactor: state.owesSecondFactor, token: next.token } : null,
    });
    if (!handled.accepted) return handled.rejection.code === 'BadRefreshToken' ? undefined : refuse(handled.rejection);
    if (!handled.answer) {
      await this.parts.snapshots.sessionChanged(sessionId);
      return undefined;
    }
    const { userId, owesSecondFactor, token } = handled.answer;
    const person = await findById(this.parts.store, userId);
    return person && this.tokens(person, { sessionId, owesSecondFactor }, token);
  }

  /** Ends the session that a refresh token belongs to. */
  async logOut(presented: RefreshToken, context: RequestContext): Promise<void> {
    const { sessionId, hash: presentedHash } = presented;
    const command = { type: 'LogOut', presentedHash, at: times(0).at } as const;
    refuse(await this.session(streamOf(sessionId), command, context, { input: presented }));
    await this.parts.snapshots.sessionChanged(sessionId);
  }

  /** The second factor was shown. */
  async complete({ userId, sessionId }: Ended, context: RequestContext): Promise<void> {
    const command = { type: 'Complete', userId, ...times(refreshTokenDays * dayMs) } as const;
    refuse(await this.session(streamOf(sessionId), command, context, { input: { sessionId } }));
    await this.parts.snapshots.sessionChanged(sessionId);
  }

  async revoke({ userId, sessionId }: Ended, reason: identity.SessionEnd, context: RequestContext): Promise<void> {
    const command = { type: 'Revoke', userId, reason, at: times(0).at } as const;
    refuse(await this.session(streamOf(sessionId), command, context, { input: { sessionId } }));
    await this.parts.snapshots.sessionChanged(sessionId);
  }

  /** For what must not happen without the end of a person's sessions. */
  async ending(userId: UserId, reason: identity.SessionEnd, keep?: string): Promise<Ending> {
    const found = await this.openOf(userId, keep);
    const command = { type: 'Revoke', userId, reason, at: times(0).at } as const;
    return {
      parts: found.map(({ id }) => part(Session, streamOf(id), command)),
      finish: async (context) => {
        for (const { id } of found) await this.parts.snapshots.sessionChanged(id);
        // What was opened meanwhile.
        await this.revokeAll(userId, reason, context, keep);
      },
    };
  }

  /** Ends all sessions of a person, or all but one; says how many. */
  async revokeAll(userId: UserId, reason: identity.SessionEnd, context: RequestContext, keep?: string): Promise<number> {
    let revoked = 0;
    for (;;) {
      const found = await this.openOf(userId, keep);
      for (const { id } of found) {
        // Each is a command of its own: one id for all would count as one.
        await this.revoke({ userId, sessionId: id }, reason, within(context, id));
      }
      revoked += found.length;
      if (found.length < pageRows) return revoked;
    }
  }

  private openOf(userId: UserId, keep: string | undefined): Promise<readonly SessionRow[]> {
    const where = { userId, isOpen: true, ...(keep === undefined ? {} : { id: { not: identity.SessionId.parse(keep) } }) };
    return this.parts.store.read(sessions).list({ where, order: { by: ['id'] }, limit: pageRows });
  }

  private assertWelcome({ isActive, emailVerified }: Person): void {
    if (!isActive) refuse({ code: 'UserDeactivated', details: {} });
    if (this.parts.mustVerify && !emailVerified) refuse({ code: 'EmailNotVerified', details: {} });
  }

  /** What the person showed may have been changed while the session was opened: whoever changed it did not see this one. */
  private async isStillWelcome(
    { id, credentialsAt }: Person,
    { method, owesSecondFactor }: Pick<Opening, 'method' | 'owesSecondFactor'>,
  ): Promise<boolean> {
    const { store } = this.parts;
    const [now, { isEnabled }] = await Promise.all([findById(store, id), mfaOf(store, id)]);
    const owesSince = (method === 'password' || method === 'oidc') && isEnabled && !owesSecondFactor;
    return now?.isActive === true && now.credentialsAt === credentialsAt && !owesSince;
  }

  private tokens(
    person: Pick<Person, 'id' | 'email'>,
    { sessionId, owesSecondFactor }: { readonly sessionId: string; readonly owesSecondFactor: boolean },
    refreshToken: string,
  ): identity.Tokens {
    const claims = { sub: person.id, sid: sessionId, ...(owesSecondFactor ? { sf: true as const } : {}) };
    const accessToken = this.parts.signingKeys.sign(claims);
    const { accessTokenSeconds: expiresIn } = identity;
    return { accessToken, refreshToken, expiresIn, userId: person.id, email: person.email, secondFactorNeeded: owesSecondFactor };
  }
}

const times = (ms: number): { readonly at: Instant; readonly expiresAt: Instant } => {
  const now = systemClock.now();
  return { at: instantOf(now), expiresAt: instantOf(now + ms) };
};
