import { randomBytes } from 'node:crypto';
import { type identity, instantOf, newId, OrgId, type OutputOf, type RequestContext, UserId } from '@orrery/contracts';
import { type Claim, ClaimTaken, type EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse } from '@orrery/messaging';
import { Org } from '../../domain/orgs/org.ts';
import { personalOrg } from '../../domain/orgs/personal-org.ts';
import { inPlaceOfAddress } from '../../domain/users/no-address.ts';
import { User } from '../../domain/users/user.ts';
import { orgs } from '../../views/orgs/orgs.view.ts';
import { plain } from '../../views/people.view.ts';
import { type Administrators, administratorsStream } from '../administrators/administrators.ts';
import type { ReceivedInvites, ShownInvite } from '../invites/received-invites.ts';
import type { Post } from '../mail/post.ts';
import { orgNotFound, orgStream } from '../orgs/orgs.ts';
import type { Snapshots } from '../snapshots.ts';
import { type Part, part, type Together } from '../together.ts';
import { type Accounts, userStream } from './accounts.ts';
import type { ClaimKey } from './claim-key.ts';

export type SignedUp = OutputOf<typeof identity.SignUp>;

export interface NewPerson {
  /** Null where they have none. */
  readonly email: string | null;
  readonly name: string | null;
  /** Null where another issuer says who the person is. */
  readonly passwordHash: string | null;
  /** Somebody we believe has made sure that the address is theirs: no letter is sent. */
  readonly isVerified: boolean;
  readonly username?: string;
  /** The first one of an installation that had none, or one more. */
  readonly administrator?: 'first' | 'another' | undefined;
  /** Where they become a member, and who answers for it; without it they get an organization of their own. */
  readonly membership?: Enlisted | undefined;
  /** What belongs to the person from the first moment on. */
  readonly belongings?: (userId: UserId) => readonly Part[];
}

export interface Enlisted extends identity.Membership {
  readonly by: UserId;
}

/** By which command ids of sign-ups count. */
export const signUpName = 'sign-up';
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
  readonly administrators: Administrators;
}

/** Makes people known. */
export class SignUps {
  constructor(private readonly parts: SignUpParts) {}

  /**
   * A person and where they belong: an organization of their own, or the one whose invite they came with; one transaction. Throws
   * `ClaimTaken` with the scope `email` or `username`.
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
    person: NewPerson,
    { chance, invite }: { readonly chance: string; readonly invite: ShownInvite | undefined },
    context: RequestContext,
  ): Promise<SignedUp> {
    const { together, accounts, received, post, administrators } = this.parts;
    const { name, passwordHash, username, administrator } = person;
    const userId = newId(UserId);
    const email = person.email ?? inPlaceOfAddress(userId);
    const at = instantOf(systemClock.now());
    const { ticket, letter } = accounts.verification(userId, email);
    const isProven = person.isVerified || invite?.secret === 'mailed';
    const stream = userStream(userId);
    const verification = isProven ? ('done' as const) : ticket;
    const signUp = { type: 'SignUp', userId, email, name, username, passwordHash, verification, at } as const;
    const joining = invite ? received.joining(invite, { userId, email, isEmailVerified: isProven }) : [];
    const home = await this.homeOf(userId, chance, { invite, membership: person.membership });
    const appointing = administrator === undefined ? [] : [administrators.appointing(userId, administrator)];
    const joint = {
      name: signUpName,
      // Whoever is too late to be the first is told so, and not that a name is taken.
      parts: [
        ...appointing,
        part(User, stream, signUp, { claims: () => this.claims(stream, email, username) }),
        ...home.parts,
        ...joining,
        ...(person.belongings?.(userId) ?? []),
      ],
      writes: isProven ? [] : [post.slip(letter, { person: userId, expiresAt: ticket.expiresAt })],
      // The password is no part of the fingerprint: a hash of it would be a second, weaker place to guess it from.
      input: { email: person.email, name, ...(username === undefined ? {} : { username }) },
      answer: { userId, orgId: home.orgId, orgSlug: home.slug },
      orgId: home.orgId,
    };
    const lineUpAt = administrator === 'first' ? administratorsStream : invite || person.membership ? orgStream(home.orgId) : stream;
    return refuse(await together.commit(joint, lineUpAt, context)).answer;
  }

  private claims(take: string, email: string, username: string | undefined): readonly Claim[] {
    const { claimKey } = this.parts;
    const ofEmail = { scope: 'email', key: claimKey.ofEmail(email), take };
    return username === undefined ? [ofEmail] : [ofEmail, { scope: 'username', key: claimKey.ofUsername(plain(username)), take }];
  }

  /** Whoever joins an organization by their invite gets none of their own; a guest of a space does. */
  private async homeOf(userId: UserId, chance: string, { invite, membership }: Welcome): Promise<Home> {
    if (membership) return await this.enlisted(userId, membership);
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

  private async enlisted(userId: UserId, { orgId, role, by }: Enlisted): Promise<Home> {
    const org = await this.parts.store.read(orgs).one({ id: orgId });
    const command = { type: 'Enlist', userId, role, by, at: instantOf(systemClock.now()) } as const;
    return org ? { orgId, slug: org.slug, parts: [part(Org, orgStream(orgId), command)] } : refuse(orgNotFound);
  }
}

interface Welcome {
  readonly invite: ShownInvite | undefined;
  readonly membership: Enlisted | undefined;
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
