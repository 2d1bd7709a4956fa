import type { identity } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { refuse } from '@orrery/messaging';
import type { Owner } from '../../domain/keys/api-key.ts';
import { members } from '../../views/orgs/members.view.ts';
import { spaceMembers, spaces } from '../../views/spaces.view.ts';
import { spaceNotFound } from './space-access.ts';

/** Refuses a space that the key could never act in: of another organization, or one that its person has nothing to do with. */
export const assertSpaceOf = async (store: EventStore, spaceId: identity.SpaceId | null | undefined, owner: Owner): Promise<void> => {
  if (spaceId == null) return;
  const space = await store.read(spaces).one({ id: spaceId, isDeleted: false });
  if (!space) return refuse(spaceNotFound);
  if ('orgId' in owner) {
    if (space.orgId !== owner.orgId) refuse(spaceNotFound);
    return;
  }
  const { userId } = owner;
  const [guest, member] = await Promise.all([
    store.read(spaceMembers).one({ spaceId, userId }),
    store.read(members).one({ orgId: space.orgId, userId }),
  ]);
  if (!guest && !member) refuse(spaceNotFound);
};
