import { identity, instantOf, newId, type RequestContext, UserId } from '@orrery/contracts';
import { type Claim, ClaimTaken, type EventStore, handleWith } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse } from '@orrery/messaging';
import { type Command, type Event, LinkedIdentities, type State } from '../../domain/external/linked-identities.ts';
import { identityLinkedLetter } from '../../domain/letters/account-letters.ts';
import { passkeys } from '../../views/mfa/passkeys.view.ts';
import type { Person } from '../../views/people.view.ts';
import { sessions } from '../../views/sessions.view.ts';
import type { Notices } from '../mail/notices.ts';
import type { Post } from '../mail/post.ts';
import type { InSession } from '../mfa/in-session.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { type Part, part, type Together, within } from '../together.ts';
import type { ClaimKey } from '../users/claim-key.ts';

const streamOf = (userId: UserId): string => `identities-${userId}`;
const ownerOf = (stream: string): UserId => UserId.parse(stream.slice('identities-'.length));
const scope = 'linked-identity';
const now = () => instantOf(systemClock.now());
const pageRows = 200;

/** Whom an issuer vouches for. */
export interface Elsewhere {
  readonly issuer: string;
  /** What people know the issuer by. */
  readonly title: string;
  readonly subject: string;
  readonly email: string | null;
}

export interface LinkedAccountParts {
  readonly store: EventStore;
  readonly together: Together;
  readonly sessions: Sessions;
  readonly post: Post;
  readonly notices: Notices;
  readonly claimKey: ClaimKey;
  readonly publicUrl: string;
}

/** The accounts elsewhere with which people sign in: each is one person's. Whoever asks has made sure that it is theirs. */
export class LinkedAccounts {
  private readonly unlinking;

  constructor(private readonly parts: LinkedAccountParts) {
    this.unlinking = handleWith(parts.store, LinkedIdentities, { name: 'unlink-identity' });
  }

  async holderOf({ issuer, subject }: Pick<Elsewhere, 'issuer' | 'subject'>): Promise<UserId | undefined> {
    const { store, claimKey } = this.parts;
    const stream = await store.holderOf(scope, claimKey.ofIdentity(issuer, subject));
    return stream === undefined ? undefined : ownerOf(stream);
  }

  /** For whoever makes an account of it. */
  linking(userId: UserId, { title: _, ...elsewhere }: Elsewhere, reason: identity.LinkReason): Part {
    const identityId = newId(identity.LinkedIdentityId);
    return this.part(userId, { type: 'Link', userId, identityId, ...elsewhere, reason, at: now() });
  }

  /** Tells the person by letter. False where somebody else was quicker to link it. */
  async link(person: Person, elsewhere: Elsewhere, reason: 'address' | 'person', context: RequestContext): Promise<boolean> {
    const { together, post, publicUrl } = this.parts;
    const { id: userId, email: to } = person;
    const letter = post.slip(identityLinkedLetter({ to, publicUrl }, elsewhere.title, now()), { person: userId });
    const parts = [this.linking(userId, elsewhere, reason)];
    const input = { userId, issuer: elsewhere.issuer, reason };
    try {
      refuse(await together.commit({ name: 'link-identity', parts, writes: [letter], input, answer: null }, streamOf(userId), context));
    } catch (error) {
      if (error instanceof ClaimTaken && error.scope === scope) return false;
      throw error;
    }
    post.collect();
    return true;
  }

  /** Whoever got in by an account elsewhere is out again, but for the session that says so. */
  async unlink(person: Person, identityId: identity.LinkedIdentityId, by: InSession, context: RequestContext): Promise<void> {
    const { store, notices } = this.parts;
    const { id: userId } = person;
    const hasOtherWay = person.passwordHash !== null || (await store.read(passkeys).count({ userId })) > 0;
    const stream = streamOf(userId);
    const command = { type: 'Unlink', userId, identityId, hasOtherWay, at: now() } as const;
    const [claims, writes] = [this.claims(stream), await notices.of(userId, context)];
    refuse(await this.unlinking(stream, command, context, { input: { identityId }, claims, writes }));
    notices.collect();
    await this.endSessions(by, context);
  }

  /** For whoever ends the account. */
  forgetting(userId: UserId): Part {
    return this.part(userId, { type: 'Forget', userId, at: now() });
  }

  async forget(userId: UserId, context: RequestContext): Promise<void> {
    const joint = { name: 'forget-identities', parts: [this.forgetting(userId)], answer: null };
    refuse(await this.parts.together.commit(joint, streamOf(userId), context));
  }

  private async endSessions({ userId, sessionId }: InSession, context: RequestContext): Promise<void> {
    const where = { userId, isOpen: true, method: 'oidc', id: { not: sessionId } } as const;
    for (;;) {
      const found = await this.parts.store.read(sessions).list({ where, order: { by: ['id'] }, limit: pageRows });
      for (const { id } of found) await this.parts.sessions.revoke({ userId, sessionId: id }, 'revoked', within(context, id));
      if (found.length < pageRows) return;
    }
  }

  private part(userId: UserId, command: Command): Part {
    const stream = streamOf(userId);
    return part(LinkedIdentities, stream, command, { claims: this.claims(stream) });
  }

  private claims(stream: string) {
    return (events: readonly Event[], { before }: { readonly before: State }): readonly Claim[] =>
      events.flatMap((event) => this.claimsOf(event, before, stream));
  }

  private claimsOf(event: Event, before: State, stream: string): readonly Claim[] {
    const { claimKey } = this.parts;
    if (event.type === 'IdentityLinked') {
      return [{ scope, key: claimKey.ofIdentity(event.data.issuer, event.data.subject), take: stream }];
    }
    const { identityId } = event.data;
    const unlinked = before.filter((known) => known.identityId === identityId);
    return unlinked.map(({ issuer, subject }) => ({ scope, key: claimKey.ofIdentity(issuer, subject), release: stream }));
  }
}
