import { Controller } from '@nestjs/common';
import { type InputOf, identity, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore, metadataOf } from '@orrery/event-store';
import { refuse, Serves } from '@orrery/messaging';
import { findById, type Person, userView } from '../../views/people.view.ts';
import { isThemselves } from '../administrators/administrators.ts';
import { callerOf, sessionOf } from '../caller.ts';
import type { WishKind } from '../mail/letters-table.ts';
import { Post } from '../mail/post.ts';
import { Tries } from '../tries/tries.ts';
import { Accounts } from './accounts.ts';
import { Passwords } from './passwords.ts';

/** What looking at secrets of accounts takes. */
export class AccountDoors {
  constructor(
    readonly accounts: Accounts,
    readonly passwords: Passwords,
    readonly tries: Tries,
    readonly post: Post,
  ) {}
}

const nothing = {};

@Controller()
export class AccountsHandler {
  constructor(
    private readonly store: EventStore,
    private readonly doors: AccountDoors,
  ) {}

  @Serves(identity.UpdateMe)
  async update({ name }: InputOf<typeof identity.UpdateMe>, context: RequestContext): Promise<OutputOf<typeof identity.UpdateMe>> {
    const person = await this.personOf(context);
    await this.doors.accounts.rename(person, name, context);
    return userView(await this.personOf(context));
  }

  /** The same answer after the same work, whether or not there is such an account: what is to be done is done afterwards. */
  @Serves(identity.RequestEmailVerification)
  async askVerification(
    { email }: InputOf<typeof identity.RequestEmailVerification>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.RequestEmailVerification>> {
    await this.doors.tries.guard('email-verification', email, context);
    return await this.wish('verification-wish', email, context);
  }

  @Serves(identity.RequestPasswordReset)
  async askReset(
    { email }: InputOf<typeof identity.RequestPasswordReset>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.RequestPasswordReset>> {
    await this.doors.tries.guard('password-reset', email, context);
    return await this.wish('reset-wish', email, context);
  }

  @Serves(identity.VerifyEmail)
  async verify({ token }: InputOf<typeof identity.VerifyEmail>, context: RequestContext): Promise<OutputOf<typeof identity.VerifyEmail>> {
    return await this.withTicket(token, context, () => this.doors.accounts.verifyEmail(token, context));
  }

  @Serves(identity.ResetPassword)
  async reset(
    { token, newPassword }: InputOf<typeof identity.ResetPassword>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.ResetPassword>> {
    const { accounts, passwords } = this.doors;
    return await this.withTicket(token, context, async () =>
      accounts.resetPassword(token, await passwords.hash(newPassword, context), context),
    );
  }

  @Serves(identity.ChangePassword)
  async change(
    { currentPassword, newPassword }: InputOf<typeof identity.ChangePassword>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.ChangePassword>> {
    const { accounts, passwords, tries } = this.doors;
    const person = await this.personOf(context);
    const isRight = await tries.check('password-change', person.id, context, async () => {
      const isCorrect = await passwords.isCorrect(currentPassword, person.passwordHash ?? undefined, context);
      return isCorrect || undefined;
    });
    const isChanged =
      isRight && (await accounts.changePassword(person, await passwords.hash(newPassword, context), sessionOf(context.principal), context));
    return isChanged ? nothing : refuse({ code: 'WrongPassword', details: {} });
  }

  @Serves(identity.DeactivateMe)
  async deactivateMe(_: InputOf<typeof identity.DeactivateMe>, context: RequestContext): Promise<OutputOf<typeof identity.DeactivateMe>> {
    await this.doors.accounts.deactivate(callerOf(context), 'self', context);
    return nothing;
  }

  @Serves(identity.DeactivateUser)
  async deactivate(
    { userId }: InputOf<typeof identity.DeactivateUser>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.DeactivateUser>> {
    if (isThemselves(userId, context)) refuse({ code: 'OwnAccount', details: {} });
    await this.doors.accounts.deactivate(userId, 'operator', context);
    return nothing;
  }

  @Serves(identity.ReactivateUser)
  async reactivate(
    { userId }: InputOf<typeof identity.ReactivateUser>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.ReactivateUser>> {
    await this.doors.accounts.reactivate(userId, context);
    return nothing;
  }

  private async wish(kind: WishKind, email: string, context: RequestContext): Promise<Record<string, never>> {
    const { post } = this.doors;
    await this.store.commit({ appends: [], writes: [post.wish(kind, email)], metadata: metadataOf(context) });
    post.collect();
    return nothing;
  }

  /** A token that was sent, shown as one try. */
  private async withTicket(token: string, context: RequestContext, use: () => Promise<boolean>): Promise<Record<string, never>> {
    const subject = this.doors.accounts.addresseeOf(token) ?? `made up at ${context.origin?.ip ?? 'nowhere'}`;
    const isGood = await this.doors.tries.check('email-token', subject, context, async () => (await use()) || undefined);
    return isGood ? nothing : refuse({ code: 'BadTicket', details: {} });
  }

  private async personOf(context: RequestContext): Promise<Person> {
    return (await findById(this.store, callerOf(context))) ?? refuse({ code: 'UserNotFound', details: {} });
  }
}
