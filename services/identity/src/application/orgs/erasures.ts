import type { RequestContext, UserId } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { Refused } from '@orrery/messaging';
import { invites } from '../../views/invites.view.ts';
import { members } from '../../views/orgs/members.view.ts';
import { orgs } from '../../views/orgs/orgs.view.ts';
import type { Invites } from '../invites/invites.ts';
import { within } from '../together.ts';
import type { Departures, Person } from './departures.ts';
import type { OrgEnds } from './org-ends.ts';

const most = 1_000;

/** The same wish was quicker a second time, and is granted. */
const unlessGone = (error: unknown): void => {
  if (!(error instanceof Refused) || error.rejection.code !== 'OrgNotFound') throw error;
};

/** What becomes of organizations, spaces and invites when a person is erased. */
export class Erasures {
  constructor(
    private readonly store: EventStore,
    private readonly departures: Departures,
    private readonly ends: OrgEnds,
    private readonly invites: Invites,
  ) {}

  /** Why the person may not be erased: the slug of an organization whose last owner they are, and which has other members. */
  async obstacle(userId: UserId): Promise<string | undefined> {
    const reader = this.store.read(members);
    for (const { orgId } of await reader.list({ where: { userId, role: 'owner' }, order: { by: ['joinedAt'] }, limit: most })) {
      const others = { orgId, userId: { not: userId } };
      const [people, owners] = await Promise.all([reader.count(others), reader.count({ ...others, role: 'owner' })]);
      if (people > 0 && owners === 0) return (await this.store.read(orgs).one({ id: orgId }))?.slug ?? orgId;
    }
    return undefined;
  }

  /**
   * Takes a person out of everything: organizations that were theirs alone end, the others forget them, and so do invites to their
   * address. May be repeated; refuses with `LastOwner` where there is an obstacle. Answers whose keys are to be erased before the
   * person's own: `erasePerson(store, ...keys, userId)`.
   */
  async erase(person: Person, context: RequestContext): Promise<readonly string[]> {
    const { userId } = person;
    const reader = this.store.read(members);
    for (const { orgId } of await reader.list({ where: { userId }, order: { by: ['joinedAt'] }, limit: most })) {
      const own = within({ ...context, orgId }, orgId);
      const isAlone = (await reader.count({ orgId })) === 1;
      const leaving = isAlone ? this.ends.end({ orgId, by: userId, typedName: null }, own) : this.departures.forget(orgId, person, own);
      await leaving.catch(unlessGone);
    }
    await this.departures.forgetGuest(userId, context);
    await this.departures.forgetOnBills(person, context);
    return await this.forgetInvites(person, context);
  }

  private async forgetInvites({ userId, email }: Person, context: RequestContext): Promise<readonly string[]> {
    const reader = this.store.read(invites);
    const order = { by: ['id'] } as const;
    const [addressed, answered] = await Promise.all([
      reader.list({ where: { email }, order, limit: most }),
      reader.list({ where: { answeredBy: userId }, order, limit: most }),
    ]);
    for (const { id, orgId, status } of addressed) {
      if (status === 'pending') await this.invites.revoke({ inviteId: id, orgId, by: null }, within(context, id));
    }
    return [...new Set([...addressed, ...answered].map(({ id }) => id))];
  }
}
