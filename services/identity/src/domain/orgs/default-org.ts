import type { Instant, identity, OrgId, UserId } from '@orrery/contracts';
import { accept, type Decider } from '@orrery/kernel';

export interface Choice {
  readonly orgId: OrgId;
  readonly at: Instant;
}

export interface Joined {
  readonly orgId: OrgId;
  readonly joinedAt: Instant;
}

const isEarlier = (one: Joined, other: Joined): boolean =>
  one.joinedAt < other.joinedAt || (one.joinedAt === other.joinedAt && one.orgId < other.orgId);

/**
 * The one organization that is meant where a request names none: the chosen one, while the person is there and has been since the
 * choice; else the one they have been in the longest. Whoever is somewhere has exactly one.
 */
export const defaultOf = (memberships: readonly Joined[], choice: Choice | undefined): OrgId | undefined => {
  const chosen = memberships.find(({ orgId, joinedAt }) => orgId === choice?.orgId && joinedAt <= choice.at);
  return (chosen ?? memberships.reduce<Joined | undefined>((first, each) => (first && isEarlier(first, each) ? first : each), undefined))
    ?.orgId;
};

export interface Choose {
  readonly type: 'Choose';
  readonly userId: UserId;
  readonly orgId: OrgId;
  /** Since when they are there. */
  readonly joinedAt: Instant;
  readonly at: Instant;
}
export type Event = Extract<identity.IdentityEvent, { type: 'DefaultOrgChosen' }>;
export type State = Choice | undefined;

const decide: Decider<Choose, Event, State, never>['decide'] = ({ userId, orgId, joinedAt, at }, state) =>
  // A choice from before they left and came back counts no more.
  state?.orgId === orgId && joinedAt <= state.at ? accept() : accept<Event>({ type: 'DefaultOrgChosen', data: { userId, orgId, at } });

const evolve = (_: State, { data: { orgId, at } }: Event): State => ({ orgId, at });

/** What a person chose. Stream `default-org-<userId>`; whether it still counts is computed where it is read. */
export const DefaultOrg: Decider<Choose, Event, State, never> = { initial: undefined, decide, evolve };
