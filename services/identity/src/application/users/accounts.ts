import { type Instant, type identity, instantOf, type RequestContext, UserId } from '@orrery/contracts';
import { type Claim, ClaimTaken, type EventStore, type Handle, handleWith } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse } from '@orrery/messaging';
import { addressChangedLetter, deactivatedLetter, resetLetter, verificationLetter } from '../../domain/letters/account-letters.ts';
import type { Letter } from '../../domain/letters/letter.ts';
import { type Command, type Event, type Refusal, type State, type Ticket, User } from '../../domain/users/user.ts';
import { findByEmail, findById, type Person } from '../../views/people.view.ts';
import type { Administrators } from '../administrators/administrators.ts';
import type { LetterRow } from '../mail/letters-table.ts';
import type { Notices } from '../mail/notices.ts';
import type { Post } from '../mail/post.ts';
import { ProvenTokens } from '../proven-token.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Snapshots } from '../snapshots.ts';
import { part, type Together, within } from '../together.ts';
import type { ClaimKey } from './claim-key.ts';

export interface AccountParts {
  readonly store: EventStore;
  readonly together: Together;
  readonly sessions: Sessions;
  readonly snapshots: Snapshots;
  readonly post: Post;
  readonly notices: Notices;
  readonly administrators: Administrators;
  readonly claimKey: ClaimKey;
  readonly ticketKey: Buffer;
  readonly publicUrl: string;
}

const hourMs = 3_600_000;
const verificationMs = 48 * hourMs;
const resetMs = hourMs;

export const userStream = (userId: string): string => `user-${userId}`;
const now = (): Instant => instantOf(systemClock.now());
const later = (ms: number): Instant => instantOf(systemClock.now() + ms);

/** Nobody asked: the platform does what it promised. */
const byItself = (id: string): RequestContext => ({
  principal: { kind: 'service', name: 'identity' },
  commandId: id,
  idempotent: false,
  correlationId: id,
  causationId: id,
  deadlineAt: systemClock.now() + hourMs,
});

/** What happens to accounts, and the letters that go with it. Whoever asks has made sure who it is. */
export class Accounts {
  private readonly user: Handle<Command, Event, State, Refusal>;
  private readonly verifications;
  private readonly resets;

  constructor(private readonly parts: AccountParts) {
    this.user = handleWith(parts.store, User, { name: 'user' });
    this.verifications = new ProvenTokens(parts.ticketKey, 'verify-email', UserId);
    this.resets = new ProvenTokens(parts.ticketKey, 'reset-password', UserId);
    parts.post.onWish('verification-wish', (address, wish) => this.sendVerification(address, wish));
    parts.post.onWish('reset-wish', (address, wish) => this.sendReset(address, wish));
  }

  /** For whoever signs up: the ticket for the log, and the letter that brings it. */
  verification(userId: UserId, to: string): { readonly ticket: Ticket; readonly letter: Letter } {
    const { token, hash } = this.verifications.mint(userId);
    const expiresAt = later(verificationMs);
    return { ticket: { hash, expiresAt }, letter: verificationLetter({ to, token, expiresAt, publicUrl: this.parts.publicUrl }) };
  }

  /** Whom a token that was sent belongs to; undefined where this platform never sent it. */
  addresseeOf(token: string): UserId | undefined {
    return (this.verifications.parse(token) ?? this.resets.parse(token))?.id;
  }

  /** False where the token is not the last one, was used, or came too late. */
  async verifyEmail(token: string, context: RequestContext): Promise<boolean> {
    const presented = this.verifications.parse(token);
    if (!presented) return false;
    const command = { type: 'VerifyEmail', ticketHash: presented.hash, at: now() } as const;
    const { accepted } = await this.user(userStream(presented.id), command, context, { input: presented });
    return accepted;
  }

  async resetPassword(token: string, passwordHash: string, context: RequestContext): Promise<boolean> {
    const presented = this.resets.parse(token);
    const person = presented && (await findById(this.parts.store, presented.id));
    if (!person) return false;
    const command = { type: 'ResetPassword', ticketHash: presented.hash, passwordHash, at: now() } as const;
    return await this.setPassword(person, command, { reason: 'password-reset' }, context);
  }

  /** False where the password was changed since it was looked at. The session `keep` goes on, the others end. */
  async changePassword(person: Person, passwordHash: string, keep: string | undefined, context: RequestContext): Promise<boolean> {
    const command = { type: 'ChangePassword', from: person.passwordHash ?? '', passwordHash, at: now() } as const;
    return await this.setPassword(person, command, { reason: 'password-changed', keep }, context);
  }

  /** The same password, kept better. */
  async rehash({ id, passwordHash: from }: Person, passwordHash: string, context: RequestContext): Promise<void> {
    const command = { type: 'Rehash', from: from ?? '', passwordHash, at: now() } as const;
    refuse(await this.user(userStream(id), command, context, { input: { id } }));
  }

  async rename({ id }: Person, name: string | null, context: RequestContext): Promise<void> {
    refuse(await this.user(userStream(id), { type: 'Rename', name, at: now() }, context, { input: { name } }));
  }

  /** False where the address has another account. */
  async changeEmail({ id, email: former }: Person, email: string, context: RequestContext): Promise<boolean> {
    if (email === former) return true;
    const { together, claimKey, post, publicUrl } = this.parts;
    const stream = userStream(id);
    // Of the address at the moment of the change: two changes at once would leave one taken by nobody.
    const claims = (events: readonly Event[], { before }: { readonly before: State }): readonly Claim[] =>
      events.length === 0 || !('email' in before)
        ? []
        : [
            { scope: 'email', key: claimKey.ofEmail(before.email), release: stream },
            { scope: 'email', key: claimKey.ofEmail(email), take: stream },
          ];
    const command = { type: 'ChangeEmail', email, at: now() } as const;
    // Whoever loses an account so hears of it where they still read.
    const writes = [post.slip(addressChangedLetter({ to: former, publicUrl }, command.at), { person: id })];
    const joint = { name: 'change-email', parts: [part(User, stream, command, { claims })], writes, input: { id, email }, answer: null };
    try {
      refuse(await together.commit(joint, stream, context));
      post.collect();
      return true;
    } catch (error) {
      if (error instanceof ClaimTaken) return false;
      throw error;
    }
  }

  async deactivate(userId: UserId, by: 'self' | 'operator', context: RequestContext): Promise<void> {
    const { store, together, sessions, snapshots, post, publicUrl, administrators } = this.parts;
    const person = await findById(store, userId);
    if (!person) return refuse({ code: 'UserNotFound', details: {} });
    const ending = await sessions.ending(userId, 'user-deactivated');
    const stream = userStream(userId);
    const dismissing = administrators.dismissing(userId, 'account-closed');
    const parts = [dismissing, part(User, stream, { type: 'Deactivate', by, at: now() }), ...ending.parts];
    const writes = person.isActive ? [post.slip(deactivatedLetter({ to: person.email, publicUrl }), { person: userId })] : [];
    refuse(await together.commit({ name: 'deactivate-user', parts, writes, input: { userId }, answer: null }, stream, context));
    await ending.finish(context);
    await administrators.forget(userId, 'account-closed', within(context, 'administrators'));
    await snapshots.membersChanged(userId);
    await snapshots.keysOfChanged(userId);
    post.collect();
  }

  async reactivate(userId: UserId, context: RequestContext): Promise<void> {
    refuse(await this.user(userStream(userId), { type: 'Reactivate', at: now() }, context, { input: { userId } }));
    await this.parts.snapshots.keysOfChanged(userId);
  }

  private async setPassword(
    { id }: Person,
    command: Extract<Command, { type: 'ChangePassword' | 'ResetPassword' }>,
    { reason, keep }: { readonly reason: identity.SessionEnd; readonly keep?: string | undefined },
    context: RequestContext,
  ): Promise<boolean> {
    const { together, sessions, post, notices } = this.parts;
    const ending = await sessions.ending(id, reason, keep);
    const stream = userStream(id);
    const changed = command.type === 'ResetPassword' ? 'reset' : 'changed';
    const tell = await notices.of(id, context);
    const writes = tell([{ type: 'PasswordChanged', data: { userId: id, reason: changed, at: command.at } }]);
    // Neither the password nor its hash is part of what is compared: it would be a second, weaker place to guess it from.
    const joint = { name: 'set-password', input: { id, reason }, answer: null, writes };
    const committed = await together.commit({ ...joint, parts: [part(User, stream, command), ...ending.parts] }, stream, context);
    if (!committed.accepted) {
      const { code } = committed.rejection;
      return code === 'BadTicket' || code === 'WrongPassword' ? false : refuse(committed.rejection);
    }
    await ending.finish(context);
    post.collect();
    return true;
  }

  private async sendVerification(address: string, wish: LetterRow): Promise<void> {
    const person = await findByEmail(this.parts.store, address);
    if (!person || person.emailVerified) return await this.parts.post.drop(wish);
    const { ticket, letter } = this.verification(person.id, person.email);
    await this.fulfil(wish, person, { command: { type: 'AskVerification', ticket, at: now() }, ticket, letter });
  }

  private async sendReset(address: string, wish: LetterRow): Promise<void> {
    const person = await findByEmail(this.parts.store, address);
    if (!person) return await this.parts.post.drop(wish);
    const { token, hash } = this.resets.mint(person.id);
    const ticket = { hash, expiresAt: later(resetMs) };
    const letter = resetLetter({ to: person.email, token, expiresAt: ticket.expiresAt, publicUrl: this.parts.publicUrl });
    await this.fulfil(wish, person, { command: { type: 'AskReset', ticket, at: now() }, ticket, letter });
  }

  /** The fact and the letter that tells of it, or neither: then nobody gets anything. */
  private async fulfil(
    wish: LetterRow,
    { id: person }: Person,
    { command, ticket: { expiresAt }, letter }: { readonly command: Command; readonly ticket: Ticket; readonly letter: Letter },
  ): Promise<void> {
    const { post } = this.parts;
    const writes = (events: readonly Event[]) => (events.length > 0 ? [post.answer(wish, letter, { person, expiresAt })] : []);
    const handled = await this.user(userStream(person), command, byItself(wish.id), { writes });
    if (!handled.accepted || (handled.events.length === 0 && !handled.repeated)) await post.drop(wish);
  }
}
