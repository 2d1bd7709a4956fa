import { type InputOf, type identity, instantOf, type OutputOf, type UserId } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { sessions } from './sessions.view.ts';

/** The open sessions of a person, the newest first. */
export const listSessionsOf = async (
  store: EventStore,
  { userId, current }: { readonly userId: UserId; readonly current: identity.SessionId | undefined },
  { limit, cursor }: InputOf<typeof identity.ListSessions>,
): Promise<OutputOf<typeof identity.ListSessions>> => {
  const where = { userId, isOpen: true, expiresAt: { gt: instantOf(systemClock.now()) } };
  const page = await store.read(sessions).page({ where, order: { by: ['createdAt'], direction: 'desc' }, limit, cursor });
  const items = page.items.map(({ userId: _user, isOpen: _open, toldUntil: _until, owesSecondFactor, ...shown }) => ({
    ...shown,
    secondFactorNeeded: owesSecondFactor,
    isCurrent: shown.id === current,
  }));
  return { ...page, items };
};
