import type { Instant, identity, UserId } from '@orrery/contracts';
import { accept, type Decider, reject } from '@orrery/kernel';

export interface Link {
  readonly type: 'Link';
  readonly userId: UserId;
  readonly identityId: identity.LinkedIdentityId;
  readonly issuer: string;
  /** Who it is to the issuer: never given to anybody else there. */
  readonly subject: string;
  readonly email: string | null;
  readonly reason: identity.LinkReason;
  readonly at: Instant;
}

export type Command =
  | Link
  /** `hasOtherWay`: the person can also sign in with something that no issuer vouches for. */
  | {
      readonly type: 'Unlink';
      readonly userId: UserId;
      readonly identityId: identity.LinkedIdentityId;
      readonly hasOtherWay: boolean;
      readonly at: Instant;
    }
  /** The person is being erased. */
  | { readonly type: 'Forget'; readonly userId: UserId; readonly at: Instant };

export type Event = Extract<identity.IdentityEvent, { type: 'IdentityLinked' | 'IdentityUnlinked' }>;

export interface LinkedIdentity {
  readonly identityId: identity.LinkedIdentityId;
  readonly issuer: string;
  readonly subject: string;
}

export type State = readonly LinkedIdentity[];

export type Refusal = {
  readonly code: 'SignInToLink' | 'TooManyIdentities' | 'IdentityNotFound' | 'LastWayIn';
  readonly details: object;
};

type Decided = ReturnType<Decider<Command, Event, State, Refusal>['decide']>;

export const mostIdentities = 20;

const link = ({ type: _, ...linked }: Link, state: State): Decided => {
  const ofIssuer = state.filter(({ issuer }) => issuer === linked.issuer);
  if (ofIssuer.some(({ subject }) => subject === linked.subject)) return accept();
  // An issuer gives an address that somebody left to somebody else: whoever has it now is not whom it knew before.
  if (linked.reason === 'address' && ofIssuer.length > 0) return reject('SignInToLink', {});
  if (state.length >= mostIdentities) return reject('TooManyIdentities', { limit: mostIdentities });
  return accept<Event>({ type: 'IdentityLinked', data: linked });
};

const decide: Decider<Command, Event, State, Refusal>['decide'] = (command, state) => {
  if (command.type === 'Link') return link(command, state);
  const { userId, at } = command;
  const unlinked = ({ identityId, issuer }: LinkedIdentity): Event => ({
    type: 'IdentityUnlinked',
    data: { userId, identityId, issuer, at },
  });
  if (command.type === 'Forget') return accept(...state.map(unlinked));
  const found = state.find(({ identityId }) => identityId === command.identityId);
  if (!found) return reject('IdentityNotFound', {});
  return state.length === 1 && !command.hasOtherWay ? reject('LastWayIn', {}) : accept(unlinked(found));
};

const evolve = (state: State, { type, data }: Event): State => {
  if (type === 'IdentityUnlinked') return state.filter(({ identityId }) => identityId !== data.identityId);
  const { identityId, issuer, subject } = data;
  return [...state, { identityId, issuer, subject }];
};

/**
 * The accounts elsewhere with which a person signs in. Stream `identities-<user id>`; that one of them is one person's is a claim
 * beside the log.
 */
export const LinkedIdentities: Decider<Command, Event, State, Refusal> = { initial: [], decide, evolve };
