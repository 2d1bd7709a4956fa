import { randomBytes } from 'node:crypto';
import { type identity, instantOf, newId, OrgId, type OutputOf, type RequestContext, UserId } from '@orrery/contracts';
import { ClaimTaken, commandRow, type EventStore, metadataOf, type Once } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse } from '@orrery/messaging';
import { Org } from '../../domain/orgs/org.ts';
import { personalOrg } from '../../domain/orgs/personal-org.ts';
import { User } from '../../domain/users/user.ts';
import type { Post } from '../mail/post.ts';
import type { Snapshots } from '../snapshots.ts';
import { type Accounts, userStream } from './accounts.ts';
import type { ClaimKey } from './claim-key.ts';

export type SignedUp = OutputOf<typeof identity.SignUp>;

export interface NewPerson {
  readonly email: string;
  readonly name: string | null;
  /** Null where another issuer says who the person is. */
  readonly passwordHash: string | null;
  /** Somebody we believe has made sure that the address is theirs: no letter is sent. */
  readonly isVerified: boolean;
}

/** How often another slug is tried when one is taken. */
const slugTries = 5;

export interface SignUpParts {
  readonly store: EventStore;
  readonly claimKey: ClaimKey;
  readonly snapshots: Snapshots;
  readonly accounts: Accounts;
  readonly post: Post;
}

/** Makes people known. */
export class SignUps {
  constructor(private readonly parts: SignUpParts) {}

  /**
   * A person, an organization of their own and their membership: three facts in two streams, one transaction. Throws `ClaimTaken` with
   * the scope `email`, and `Repeated`.
   */
  async create(person: NewPerson, context: RequestContext): Promise<SignedUp> {
    // The password is no part of the fingerprint: a hash of it would be a second, weaker place to guess it from.
    const once = commandRow('sign-up', context, { email: person.email, name: person.name });
    const { snapshots, post } = this.parts;
    const answer = await withFreeSlug((chance) => this.commit(person, { chance, once }, context));
    post.collect();
    await snapshots.membersChanged(answer.userId);
    return answer;
  }

  private async commit(
    { email, name, passwordHash, isVerified }: NewPerson,
    { chance, once }: { chance: string; once: Once },
    context: RequestContext,
  ): Promise<SignedUp> {
    const { store, claimKey, accounts, post } = this.parts;
    const at = instantOf(systemClock.now());
    const userId = newId(UserId);
    const orgId = newId(OrgId);
    const create = personalOrg({ orgId, createdBy: userId, chance, at });
    const { slug } = create;
    const { ticket, letter } = accounts.verification(userId, email);
    const verification = isVerified ? 'done' : ticket;
    const user = refuse(User.decide({ type: 'SignUp', userId, email, name, passwordHash, verification, at }, User.initial));
    const org = refuse(Org.decide(create, Org.initial));
    const answer = { userId, orgId, orgSlug: slug };
    await store.commit({
      appends: [
        { stream: userStream(userId), expected: 0, events: user.events },
        { stream: `org-${orgId}`, expected: 0, events: org.events },
      ],
      claims: [
        { scope: 'email', key: claimKey.ofEmail(email), take: userStream(userId) },
        { scope: 'slug', key: slug, take: `org-${orgId}` },
      ],
      writes: isVerified ? [] : [post.slip(letter, { person: userId, expiresAt: ticket.expiresAt })],
      once: { ...once, answer },
      metadata: { ...metadataOf(context), orgId },
    });
    return answer;
  }
}

/** Tries one slug, and another where somebody has it. */
const withFreeSlug = async (attempt: (chance: string) => Promise<SignedUp>): Promise<SignedUp> => {
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt(randomBytes(5).toString('hex'));
    } catch (error) {
      if (!(error instanceof ClaimTaken) || error.scope !== 'slug' || tried >= slugTries) throw error;
    }
  }
};
