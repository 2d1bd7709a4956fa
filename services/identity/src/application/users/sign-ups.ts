import { randomBytes } from 'node:crypto';
import { type identity, instantOf, newId, OrgId, type OutputOf, type RequestContext, UserId } from '@orrery/contracts';
import { ClaimTaken, type EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse } from '@orrery/messaging';
import { Org } from '../../domain/orgs/org.ts';
import { personalOrg } from '../../domain/orgs/personal-org.ts';
import { User } from '../../domain/users/user.ts';
import { orgs } from '../../views/orgs/orgs.view.ts';
import type { ReceivedInvites, ShownInvite } from '../invites/received-invites.ts';
import type { Post } from '../mail/post.ts';
import { orgNotFound, orgStream } from '../orgs/orgs.ts';
import type { Snapshots } from '../snapshots.ts';
import { type Part, part, type Together } from '../together.ts';
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
  readonly together: Together;
  readonly claimKey: ClaimKey;
  readonly snapshots: Snapshots;
  readonly accounts: Accounts;
  readonly received: ReceivedInvites;
  readonly post: Post;
}

/** Makes people known. */
export class SignUps {
  constructor(private readonly parts: SignUpParts) {}

  /**
   * A person and where they belong: an organization of their own, or the one whose invite they came with; one transaction. Throws
   * `ClaimTaken` with the scope `email`.
   */
  async create(person: NewPerson, context: RequestContext, invite?: ShownInvite): Promise<SignedUp> {
    const { snapshots, post } = this.parts;
    const answer = await withFreeSlug((chance) => this.commit(person, { chance, invite }, context));
    post.collect();
    await snapshots.orgChanged(OrgId.parse(answer.orgId));
    await snapshots.membersChanged(answer.userId);
    return answer;
  }

  /** The invite of whoever means to come with it. */
  invited(token: string, email: string, context: RequestContext): Promise<ShownInvite> {
    return this.parts.received.openFor(token, email, context);
  }

  private async commit(
    { email, name, passwordHash, isVerified }: NewPerson,
    { chance, invite }: { readonly chance: string; readonly invite: ShownInvite | undefined },
    context: RequestContext,
  ): Promise<SignedUp> {
    const { together, claimKey, accounts, received, post } = this.parts;
    const userId = newId(UserId);
    const at = instantOf(systemClock.now());
    const { ticket, letter } = accounts.verification(userId, email);
    const isProven = isVerified || invite?.secret === 'mailed';
    const stream = userStream(userId);
    const signUp = { type: 'SignUp', userId, email, name, passwordHash, verification: isProven ? 'done' : ticket, at } as const;
    const emailClaim = () => [{ scope: 'email', key: claimKey.ofEmail(email), take: stream }];
    const joining = invite ? received.joining(invite, { userId, email, isEmailVerified: isProven }) : [];
    const home = await this.homeOf(userId, chance, invite);
    const joint = {
      name: 'sign-up',
      parts: [part(User, stream, signUp, { claims: emailClaim }), ...home.parts, ...joining],
      writes: isProven ? [] : [post.slip(letter, { person: userId, expiresAt: ticket.expiresAt })],
      // The password is no part of the fingerprint: a hash of it would be a second, weaker place to guess it from.
      input: { email, name },
      answer: { userId, orgId: home.orgId, orgSlug: home.slug },
      orgId: home.orgId,
    };
    return refuse(await together.commit(joint, invite ? orgStream(home.orgId) : stream, context)).answer;
  }

  /** Whoever joins an organization by their invite gets none of their own; a guest of a space does. */
  private async homeOf(userId: UserId, chance: string, invite: ShownInvite | undefined): Promise<Home> {
    if (invite && invite.state.role !== null) {
      const { orgId } = invite.state;
      const org = await this.parts.store.read(orgs).one({ id: orgId });
      return org ? { orgId, slug: org.slug, parts: [] } : refuse(orgNotFound);
    }
    const orgId = newId(OrgId);
    const stream = orgStream(orgId);
    const create = personalOrg({ orgId, createdBy: userId, chance, at: instantOf(systemClock.now()) });
    const { slug } = create;
    return { orgId, slug, parts: [part(Org, stream, create, { claims: () => [{ scope: 'slug', key: slug, take: stream }] })] };
  }
}

interface Home {
  readonly orgId: OrgId;
  readonly slug: string;
  readonly parts: readonly Part[];
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
