import { randomUUID } from 'node:crypto';
import { billing, instantOf, type RequestContext, type UserId } from '@orrery/contracts';
import { type Claim, type EventStore, erasePerson } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { type Bus, refuse } from '@orrery/messaging';
import { deletedLetter } from '../../domain/letters/account-letters.ts';
import { type Event, User } from '../../domain/users/user.ts';
import { members } from '../../views/orgs/members.view.ts';
import { orgs } from '../../views/orgs/orgs.view.ts';
import { findById, type Person } from '../../views/people.view.ts';
import { type Administrators, isThemselves } from '../administrators/administrators.ts';
import type { LinkedAccounts } from '../external/linked-accounts.ts';
import type { Post } from '../mail/post.ts';
import type { Erasures } from '../orgs/erasures.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Snapshots } from '../snapshots.ts';
import { part, type Together, within } from '../together.ts';
import { userStream } from './accounts.ts';
import type { ClaimKey } from './claim-key.ts';

export interface DeletionParts {
  readonly store: EventStore;
  readonly bus: Bus;
  readonly together: Together;
  readonly sessions: Sessions;
  readonly snapshots: Snapshots;
  readonly post: Post;
  readonly erasures: Erasures;
  readonly claimKey: ClaimKey;
  readonly administrators: Administrators;
  readonly linkedAccounts: LinkedAccounts;
  readonly publicUrl: string;
}

const most = 1_000;
const askMs = 4_000;

/** People are deleted: what they belong to lets them go, then the account ends, and then everything that tells of them is erased. */
export class Deletions {
  constructor(private readonly parts: DeletionParts) {}

  /** Refuses with `LastAdministrator`, `LastOwner` and `OrgHasBalance`, before anything has happened. */
  async delete(userId: UserId, context: RequestContext): Promise<void> {
    const { store, together, sessions, snapshots, post, administrators, linkedAccounts, publicUrl } = this.parts;
    const person = await findById(store, userId);
    if (!person) return refuse({ code: 'UserNotFound', details: {} });
    if (isThemselves(userId, context)) refuse({ code: 'OwnAccount', details: {} });
    const { email } = person;
    await administrators.assertNotLast(userId);
    await this.assertFree(userId, context);
    await this.parts.erasures.erase({ userId, email }, within(context, 'organizations'));
    const ending = await sessions.ending(userId, 'user-deleted');
    const stream = userStream(userId);
    const end = part(
      User,
      stream,
      { type: 'Delete', at: instantOf(systemClock.now()) },
      {
        claims: (_, { before }) => this.released(person, 'email' in before ? before.email : email),
      },
    );
    // Of nobody: it must survive the person whom it tells of.
    const writes = [post.slip(deletedLetter({ to: email, publicUrl }))];
    const joint = {
      name: 'delete-user',
      parts: [administrators.dismissing(userId, 'account-deleted'), end, linkedAccounts.forgetting(userId), ...ending.parts],
      writes,
      input: { userId },
      answer: null,
    };
    refuse(await together.commit(joint, stream, context));
    await ending.finish(context);
    await snapshots.membersChanged(userId);
    await snapshots.keysOfChanged(userId);
    post.collect();
  }

  /** Everything that is left to be done once the account has ended; may be repeated. */
  async erase({ userId, at }: Extract<Event, { type: 'UserDeleted' }>['data'], context: RequestContext): Promise<void> {
    const { store, erasures, post, administrators, linkedAccounts } = this.parts;
    await administrators.forget(userId, 'account-deleted', within(context, 'administrators'));
    // One that was linked while the account ended.
    await linkedAccounts.forget(userId, within(context, 'identities'));
    const email = await this.addressOf(userId);
    const keys = email === undefined ? [] : await erasures.erase({ userId, email }, context);
    // The last letter is younger than the end that it tells of.
    await post.dropOf({ person: userId, address: email, before: at });
    await erasePerson(store, ...keys, userId);
  }

  /** `email`: the address that they have when the account ends. */
  private released({ id, plainUsername }: Person, email: string): readonly Claim[] {
    const { claimKey } = this.parts;
    const release = userStream(id);
    const ofEmail = { scope: 'email', key: claimKey.ofEmail(email), release };
    return plainUsername === null ? [ofEmail] : [ofEmail, { scope: 'username', key: claimKey.ofUsername(plainUsername), release }];
  }

  /** Nobody else is left without an owner, and no money without anybody. */
  private async assertFree(userId: UserId, context: RequestContext): Promise<void> {
    const { store, erasures } = this.parts;
    const org = await erasures.obstacle(userId);
    if (org !== undefined) refuse({ code: 'LastOwner', details: { org } });
    const reader = store.read(members);
    for (const { orgId } of await reader.list({ where: { userId, role: 'owner' }, order: { by: ['joinedAt'] }, limit: most })) {
      if ((await reader.count({ orgId })) > 1 || (await this.isSettled(orgId, context))) continue;
      const found = await store.read(orgs).one({ id: orgId });
      refuse({ code: 'OrgHasBalance', details: { org: found?.slug ?? orgId } });
    }
  }

  private async isSettled(orgId: string, { correlationId, causationId }: RequestContext): Promise<boolean> {
    const asked = await this.parts.bus.ask(
      billing.GetSettlement,
      {},
      {
        principal: { kind: 'service', name: 'identity' },
        orgId,
        commandId: randomUUID(),
        idempotent: false,
        correlationId,
        causationId,
        deadlineAt: systemClock.now() + askMs,
      },
    );
    return refuse(asked).value.isSettled;
  }

  /** As long as the key is there, the log remembers what the views have forgotten. */
  private async addressOf(userId: UserId): Promise<string | undefined> {
    const events = await this.parts.store.happened<Event>(userStream(userId));
    const addresses = events.flatMap((event) => (event.type === 'UserSignedUp' || event.type === 'EmailChanged' ? [event.data.email] : []));
    return addresses.findLast((address) => address.includes('@'));
  }
}
