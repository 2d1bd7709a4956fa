import type { RequestContext } from '@orrery/contracts';
import { ClaimTaken, type EventStore } from '@orrery/event-store';
import { refuse } from '@orrery/messaging';
import { vouchedAddress, welcomeOf } from '../../domain/external/vouching.ts';
import { findByEmail, findById, type Person } from '../../views/people.view.ts';
import type { SignUps } from '../users/sign-ups.ts';
import type { Issuer, Shown } from './issuer.ts';
import type { Elsewhere, LinkedAccounts } from './linked-accounts.ts';

export const elsewhereOf = ({ config }: Issuer, { subject, email }: Shown): Elsewhere => ({
  issuer: config.issuer,
  title: config.title ?? config.name,
  subject,
  email,
});

/** Finds the person whom an issuer vouches for, or makes them known. */
export class Newcomers {
  constructor(
    private readonly store: EventStore,
    private readonly signUps: SignUps,
    private readonly linked: LinkedAccounts,
  ) {}

  async personOf(issuer: Issuer, shown: Shown, context: RequestContext): Promise<Person> {
    const found = (await this.known(issuer, shown)) ?? (await this.welcome(issuer, shown, context));
    // Somebody did the same at the same moment: then it is done.
    return found ?? (await this.known(issuer, shown)) ?? refuse({ code: 'SignInRefused', details: {} });
  }

  private async known({ config: { issuer } }: Issuer, { subject }: Shown): Promise<Person | undefined> {
    const holder = await this.linked.holderOf({ issuer, subject });
    return holder && (await findById(this.store, holder));
  }

  /** Undefined where somebody else was quicker. */
  private async welcome(issuer: Issuer, shown: Shown, context: RequestContext): Promise<Person | undefined> {
    const address = vouchedAddress(shown, issuer.config.domains);
    const account = address === undefined ? undefined : await findByEmail(this.store, address);
    const welcome = welcomeOf(address, account);
    const elsewhere = elsewhereOf(issuer, shown);
    if (welcome === 'sign-up' && address !== undefined) return await this.signUp(address, shown.name, elsewhere, context);
    if (welcome !== 'link' || !account) return refuse({ code: welcome, details: { issuer: issuer.config.name } });
    if (!account.isActive) return refuse({ code: 'UserDeactivated', details: {} });
    return (await this.linked.link(account, elsewhere, 'address', context)) ? account : undefined;
  }

  private async signUp(email: string, name: string | null, elsewhere: Elsewhere, context: RequestContext): Promise<Person | undefined> {
    const person = { email, name, passwordHash: null, isVerified: true };
    try {
      const belongings = (userId: Person['id']) => [this.linked.linking(userId, elsewhere, 'sign-up')];
      const { userId } = await this.signUps.create({ ...person, belongings }, context);
      return await findById(this.store, userId);
    } catch (error) {
      if (error instanceof ClaimTaken && error.scope !== 'slug') return undefined;
      throw error;
    }
  }
}
