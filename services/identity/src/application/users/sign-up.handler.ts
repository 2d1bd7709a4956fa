import { randomBytes } from 'node:crypto';
import { Controller } from '@nestjs/common';
import { type InputOf, identity, newId, OrgId, type OutputOf, type RequestContext, UserId } from '@orrery/contracts';
import { ClaimTaken } from '@orrery/event-store';
import { refuse, Serves } from '@orrery/messaging';
import { signUpAgainLetter } from '../../domain/letters/account-letters.ts';
import type { ShownInvite } from '../invites/received-invites.ts';
import { Post } from '../mail/post.ts';
import { Tries } from '../tries/tries.ts';
import { isPasswordHash } from './password-hashes.ts';
import { Passwords } from './passwords.ts';
import { type NewPerson, type SignedUp, SignUps } from './sign-ups.ts';

const unknownHash = {
  path: ['passwordHash'],
  message: 'is of no kind that is known here, or too dear to compare with',
  code: 'custom',
  mend: 'send the whole text of an Argon2 hash, such as $argon2id$v=19$m=19456,t=2,p=1$…, or salt$hash as LMStack keeps it',
};

/** How strangers become people. */
export class SignUpDoor {
  constructor(
    readonly passwords: Passwords,
    readonly tries: Tries,
    readonly post: Post,
    readonly manner: { readonly publicUrl: string; readonly mustVerify: boolean },
  ) {}
}

@Controller()
export class SignUpHandler {
  constructor(
    private readonly signUps: SignUps,
    private readonly door: SignUpDoor,
  ) {}

  @Serves(identity.SignUp)
  async signUp(
    { email, password, name, inviteToken }: InputOf<typeof identity.SignUp>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.SignUp>> {
    const { passwords, tries } = this.door;
    passwords.assertRoom(context);
    // Whoever asks for addresses that have accounts learns it slowly.
    await tries.guardAddress('sign-up', context);
    const invite = inviteToken === undefined ? undefined : await this.signUps.invited(inviteToken, email, context);
    const passwordHash = await passwords.hash(password, context);
    const signedUp = await this.unlessTaken({ email, name: name ?? null, passwordHash, isVerified: false }, context, invite);
    if (signedUp) return signedUp;
    await tries.failed('sign-up', context);
    return await this.taken(email, context);
  }

  @Serves(identity.ImportUser)
  async import(input: InputOf<typeof identity.ImportUser>, context: RequestContext): Promise<OutputOf<typeof identity.ImportUser>> {
    const { email, name = null, passwordHash, emailVerified: isVerified } = input;
    if (!isPasswordHash(passwordHash)) return refuse({ code: 'UnknownPasswordHash', details: { issues: [unknownHash] } });
    const signedUp = await this.unlessTaken({ email, name, passwordHash, isVerified }, context);
    return signedUp ?? refuse({ code: 'EmailTaken', details: {} });
  }

  /** Undefined where the address has an account. */
  private async unlessTaken(person: NewPerson, context: RequestContext, invite?: ShownInvite): Promise<SignedUp | undefined> {
    try {
      return await this.signUps.create(person, context, invite);
    } catch (error) {
      if (error instanceof ClaimTaken && error.scope === 'email') return undefined;
      throw error;
    }
  }

  /**
   * Where nobody gets in without a verified address, nobody needs to be told that the address has an account: but for its owner, who
   * gets a letter. The answer is that of a sign-up whose letter is never opened.
   */
  private async taken(email: string, context: RequestContext): Promise<SignedUp> {
    const { tries, post, manner } = this.door;
    if (!manner.mustVerify) return refuse({ code: 'EmailTaken', details: { mend: 'log in instead' } });
    await tries.guard('email-verification', email, context);
    await post.send(signUpAgainLetter({ to: email, publicUrl: manner.publicUrl }), {}, context);
    return { userId: newId(UserId), orgId: newId(OrgId), orgSlug: `org-${randomBytes(5).toString('hex')}` };
  }
}
