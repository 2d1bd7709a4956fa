import { type InputOf, type identity, instantOf, type RequestContext, UserId } from '@orrery/contracts';
import { ClaimTaken } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse } from '@orrery/messaging';
import { assertRoomFor } from '../../views/orgs/memberships.ts';
import { type Administrators, isThemselves } from '../administrators/administrators.ts';
import type { Orgs } from '../orgs/orgs.ts';
import type { Snapshots } from '../snapshots.ts';
import { within } from '../together.ts';
import type { Accounts } from '../users/accounts.ts';
import type { Passwords } from '../users/passwords.ts';
import type { Enlisted, NewPerson, SignedUp, SignUps } from '../users/sign-ups.ts';
import type { People } from './people.ts';

type Wish = InputOf<typeof identity.CreatePerson>;
type Change = Omit<InputOf<typeof identity.UpdatePerson>, 'person' | 'orgId'>;

export interface PersonParts {
  readonly people: People;
  readonly signUps: SignUps;
  readonly accounts: Accounts;
  readonly passwords: Passwords;
  readonly administrators: Administrators;
  readonly orgs: Orgs;
  readonly snapshots: Snapshots;
}

/** What administrators do to other people's accounts. */
export class PersonChanges {
  constructor(private readonly parts: PersonParts) {}

  async create({ username, password, email, name, isAdministrator, membership }: Wish, context: RequestContext): Promise<SignedUp> {
    const passwordHash = await this.parts.passwords.hash(password, context);
    const administrator = isAdministrator ? ('another' as const) : undefined;
    const about = { username, email: email ?? null, name: name ?? null };
    const home = membership && enlisted(membership, context);
    return await this.unlessTaken({ ...about, passwordHash, isVerified: true, administrator, membership: home }, context);
  }

  /** Refuses with `UsernameTaken` and `EmailTaken`. */
  async unlessTaken(person: NewPerson, context: RequestContext): Promise<SignedUp> {
    try {
      return await this.parts.signUps.create(person, context);
    } catch (error) {
      if (!(error instanceof ClaimTaken)) throw error;
      return refuse({ code: error.scope === 'username' ? 'UsernameTaken' : 'EmailTaken', details: {} });
    }
  }

  /** One wish, several facts: first what is refused most easily, and in an order in which a repetition gets to the same end. */
  async update(id: UserId, change: Change, context: RequestContext): Promise<void> {
    const { administrators, accounts } = this.parts;
    const { isActive, isAdministrator, membership, email, name } = change;
    if (isThemselves(id, context) && (isActive === false || isAdministrator === false)) refuse({ code: 'OwnAccount', details: {} });
    const step = (what: string): RequestContext => within(context, what);
    if (isActive === true) await accounts.reactivate(id, step('reactivate'));
    if (isAdministrator === false) await administrators.dismiss(id, step('dismiss'));
    if (membership) await this.enlist(id, enlisted(membership, context), step('enlist'));
    if (email !== undefined) await this.changeEmail(id, email, step('email'));
    if (name !== undefined) await accounts.rename(await this.parts.people.find(id), name, step('name'));
    if (isAdministrator === true) await administrators.appoint(id, step('appoint'));
    if (isActive === false) await accounts.deactivate(id, 'operator', step('deactivate'));
  }

  private async changeEmail(id: UserId, email: string, context: RequestContext): Promise<void> {
    const isChanged = await this.parts.accounts.changeEmail(await this.parts.people.find(id), email, context);
    if (!isChanged) refuse({ code: 'EmailTaken', details: {} });
  }

  private async enlist(userId: UserId, { orgId, role, by }: Enlisted, context: RequestContext): Promise<void> {
    const { people, orgs, snapshots } = this.parts;
    if ((await people.get(userId, orgId)).role === role) return;
    await assertRoomFor(people.store, userId);
    const command = { type: 'Enlist', userId, role, by, at: instantOf(systemClock.now()) } as const;
    await orgs.tell(orgId, command, context, { input: { userId, role } });
    await snapshots.membersChanged(userId);
  }
}

/** An owner answers for it: a person, never a key of the installation. */
const enlisted = (membership: identity.Membership, { principal }: RequestContext): Enlisted => {
  const by = UserId.safeParse(principal.kind === 'operator' ? principal.id : undefined);
  return by.success ? { ...membership, by: by.data } : refuse({ code: 'Forbidden', details: { needs: 'an administrator' } });
};
