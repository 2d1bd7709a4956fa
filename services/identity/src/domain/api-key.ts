import { epochOf, type Instant, type identity, type OrgId, type OrgRole, type UserId } from '@orrery/contracts';
import { accept, type Decider, reject } from '@orrery/kernel';

export type Command =
  | {
      readonly type: 'Create';
      readonly keyId: identity.ApiKeyId;
      readonly orgId: OrgId;
      readonly userId: UserId;
      readonly name: string;
      readonly prefix: string;
      readonly hash: string;
      readonly role: OrgRole;
      readonly expiresAt: Instant | null;
      readonly at: Instant;
    }
  | { readonly type: 'Revoke'; readonly orgId: string; readonly at: Instant };

export type Event = Extract<identity.IdentityEvent, { type: `ApiKey${string}` }>;

export type State =
  | { readonly status: 'Absent' }
  | { readonly status: 'Active' | 'Revoked'; readonly keyId: identity.ApiKeyId; readonly orgId: OrgId };

export type Refusal = { readonly code: 'ApiKeyAlreadyExists' | 'ApiKeyNotFound' | 'ExpiryInThePast'; readonly details: object };

const decide: Decider<Command, Event, State, Refusal>['decide'] = (command, state) => {
  switch (command.type) {
    case 'Create': {
      if (state.status !== 'Absent') return reject('ApiKeyAlreadyExists', {});
      const { type: _, hash, ...data } = command;
      if (data.expiresAt !== null && epochOf(data.expiresAt) <= epochOf(data.at)) return reject('ExpiryInThePast', {});
      const { keyId, orgId, at } = data;
      return accept<Event>({ type: 'ApiKeyCreated', data }, { type: 'ApiKeyHashed', data: { keyId, orgId, hash, at } });
    }
    case 'Revoke':
      // A key of another organization does not exist for the one who asks.
      if (state.status === 'Absent' || state.orgId !== command.orgId) return reject('ApiKeyNotFound', {});
      if (state.status === 'Revoked') return accept();
      return accept<Event>({ type: 'ApiKeyRevoked', data: { keyId: state.keyId, orgId: state.orgId, at: command.at } });
  }
};

const evolve = (_: State, event: Event): State => {
  const { keyId, orgId } = event.data;
  return { status: event.type === 'ApiKeyRevoked' ? 'Revoked' : 'Active', keyId, orgId };
};

/** A key that an organization owns. Stream `api-key-<id>`; of the key itself only a hash is ever kept. */
export const ApiKey: Decider<Command, Event, State, Refusal> = { initial: { status: 'Absent' }, decide, evolve };
