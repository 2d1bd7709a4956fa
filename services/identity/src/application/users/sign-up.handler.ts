import { createHmac, randomBytes } from 'node:crypto';
import { Controller } from '@nestjs/common';
import { type InputOf, identity, instantOf, newId, OrgId, type OutputOf, type RequestContext, UserId } from '@orrery/contracts';
import { ClaimTaken, commandRow, EventStore, metadataOf, type Once, Repeated } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { Org } from '../../domain/orgs/org.ts';
import { personalOrg } from '../../domain/orgs/personal-org.ts';
import { User } from '../../domain/user.ts';
import { Snapshots } from '../snapshots.ts';
import { Passwords } from './passwords.ts';

type SignedUp = OutputOf<typeof identity.SignUp>;

/** How often another slug is tried when one is taken. */
const slugTries = 5;

/** Key for the claims of e-mail addresses: the table of claims outlives a person, and must not tell of them. */
export class ClaimKey {
  constructor(private readonly key: Buffer) {}

  ofEmail(email: string): string {
    return createHmac('sha256', this.key).update(email).digest('hex');
  }
}

@Controller()
export class SignUpHandler {
  constructor(
    private readonly store: EventStore,
    private readonly passwords: Passwords,
    private readonly claimKey: ClaimKey,
    private readonly snapshots: Snapshots,
  ) {}

  /** A person, an organization of their own and their membership: three facts in two streams, one transaction. */
  @Serves(identity.SignUp)
  async signUp(input: InputOf<typeof identity.SignUp>, context: RequestContext): Promise<SignedUp> {
    const passwordHash = await this.passwords.hash(input.password);
    // The password is no part of the fingerprint: a hash of it would be a second, weaker place to guess it from.
    const once = commandRow('sign-up', context, { email: input.email, name: input.name });
    try {
      const answer = await withFreeSlug((chance) => this.commit(input, { passwordHash, chance, once }, context));
      await this.snapshots.membersChanged(answer.userId);
      return answer;
    } catch (error) {
      if (error instanceof ClaimTaken && error.scope === 'email') return refuse({ code: 'EmailTaken', details: {} });
      if (!(error instanceof Repeated)) throw error;
      return once.hash === error.hash ? identity.SignUp.output.parse(error.answer) : refuse({ code: 'IdempotencyKeyReused', details: {} });
    }
  }

  private async commit(
    input: InputOf<typeof identity.SignUp>,
    { passwordHash, chance, once }: { passwordHash: string; chance: string; once: Once },
    context: RequestContext,
  ): Promise<SignedUp> {
    const at = instantOf(systemClock.now());
    const { email, name = null } = input;
    const userId = newId(UserId);
    const orgId = newId(OrgId);
    const create = personalOrg({ orgId, createdBy: userId, chance, at });
    const { slug } = create;
    const user = refuse(User.decide({ type: 'SignUp', userId, email, name, passwordHash, at }, User.initial));
    const org = refuse(Org.decide(create, Org.initial));
    const answer = { userId, orgId, orgSlug: slug };
    await this.store.commit({
      appends: [
        { stream: `user-${userId}`, expected: 0, events: user.events },
        { stream: `org-${orgId}`, expected: 0, events: org.events },
      ],
      claims: [
        { scope: 'email', key: this.claimKey.ofEmail(email), take: `user-${userId}` },
        { scope: 'slug', key: slug, take: `org-${orgId}` },
      ],
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
