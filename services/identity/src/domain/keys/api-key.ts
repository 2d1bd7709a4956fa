import { epochOf, type Instant, type identity, type OrgId, type Permission, type UserId } from '@orrery/contracts';
import { accept, type Decider, type Decision, reject } from '@orrery/kernel';
import { cut } from './grant.ts';

/** Whose key it is: an organization's, or a person's own. */
export type Owner = { readonly orgId: OrgId } | { readonly userId: UserId };

/** What can be changed of a key. */
export type Settings = identity.KeyRules & Pick<identity.ApiKeyView, 'name' | 'description' | 'isActive' | 'expiresAt'>;
export type Change = { readonly [S in keyof Settings]?: Settings[S] | undefined };

/** What whoever acts holds there, to give away no more; null where that is judged at each use of the key. */
type Held = readonly Permission[] | null;

export type Command =
  | {
      readonly type: 'Create';
      readonly keyId: identity.ApiKeyId;
      readonly orgId: OrgId | null;
      readonly userId: UserId;
      readonly form: identity.ApiKeyForm;
      readonly prefix: string;
      readonly hash: string;
      readonly settings: Settings;
      readonly held: Held;
      readonly at: Instant;
    }
  | { readonly type: 'Update'; readonly owner: Owner; readonly change: Change; readonly held: Held; readonly at: Instant }
  | { readonly type: 'Toggle'; readonly owner: Owner; readonly at: Instant }
  | {
      readonly type: 'Rotate';
      readonly owner: Owner;
      readonly userId: UserId;
      readonly hash: string;
      readonly held: Held;
      /** Until when the secret before works too; not later than `at`: no more. */
      readonly formerUntil: Instant;
      readonly at: Instant;
    }
  | { readonly type: 'Revoke'; readonly owner: Owner; readonly at: Instant };

export type Event = Extract<identity.IdentityEvent, { type: `ApiKey${string}` }>;

interface Known {
  readonly keyId: identity.ApiKeyId;
  readonly orgId: OrgId | null;
  /** Who answers for the present secret. */
  readonly userId: UserId;
  readonly hash: string;
}

export type State =
  | { readonly status: 'Absent' }
  | (Known & { readonly status: 'Live'; readonly settings: Settings })
  | (Known & { readonly status: 'Revoked' });

type Live = Extract<State, { status: 'Live' }>;

export type Refusal = {
  readonly code: 'ApiKeyAlreadyExists' | 'KeyNameTaken' | 'ApiKeyNotFound' | 'ExpiryInThePast' | 'PermissionsNotHeld';
  readonly details: object;
};

type Answer = Decision<Event, Refusal>;
type CommandOf<T extends Command['type']> = Extract<Command, { type: T }>;

const nothingLeft = reject('PermissionsNotHeld', {});

const isPast = (instant: Instant | null, at: Instant): boolean => instant !== null && epochOf(instant) <= epochOf(at);

const cutTo = (held: Held, scopes: Settings['scopes']): Settings['scopes'] | undefined => (held === null ? scopes : cut(scopes, held));

/** The organization, or where it is none's the person. */
const ownerOf = ({ orgId, userId }: Pick<Known, 'orgId' | 'userId'>): string => orgId ?? userId;

const create = ({ settings, held, hash, type: _, ...made }: CommandOf<'Create'>): Answer => {
  if (isPast(settings.expiresAt, made.at)) return reject('ExpiryInThePast', {});
  const scopes = cutTo(held, settings.scopes);
  if (scopes === undefined) return nothingLeft;
  const { keyId, orgId, at } = made;
  return accept<Event>(
    { type: 'ApiKeyCreated', data: { ...made, ownerId: ownerOf(made), ...settings, scopes } },
    { type: 'ApiKeyHashed', data: { keyId, orgId, hash, former: null, at } },
  );
};

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Only what is named is judged: whoever renames a key gives nothing away. */
const update = (state: Live, { change, held, at }: CommandOf<'Update'>): Answer => {
  const { keyId, orgId, settings } = state;
  const named = Object.entries(change).filter(([name, value]) => value !== undefined && !same(value, Reflect.get(settings, name)));
  if (named.length === 0) return accept();
  const next: Settings = { ...settings, ...Object.fromEntries(named) };
  if (change.expiresAt !== undefined && isPast(next.expiresAt, at)) return reject('ExpiryInThePast', {});
  const scopes = change.scopes === undefined ? settings.scopes : cutTo(held, next.scopes);
  if (scopes === undefined) return nothingLeft;
  return accept<Event>({ type: 'ApiKeyUpdated', data: { keyId, orgId, ownerId: ownerOf(state), ...next, scopes, at } });
};

/** Whoever learns the new secret answers for it, and learns no more than they hold. */
const rotate = (state: Live, { userId, hash, held, formerUntil, at }: CommandOf<'Rotate'>): Answer => {
  const { keyId, orgId, settings } = state;
  const scopes = cutTo(held, settings.scopes);
  if (scopes === undefined) return nothingLeft;
  const former = isPast(formerUntil, at) ? null : { hash: state.hash, userId: state.userId, until: formerUntil };
  return accept<Event>(
    { type: 'ApiKeyRotated', data: { keyId, orgId, userId, scopes, formerUntil: former?.until ?? null, at } },
    { type: 'ApiKeyHashed', data: { keyId, orgId, hash, former, at } },
  );
};

const toggle = (state: Live, at: Instant): Answer => {
  const { keyId, orgId, settings } = state;
  const data = { keyId, orgId, ownerId: ownerOf(state), ...settings, isActive: !settings.isActive, at };
  return accept<Event>({ type: 'ApiKeyUpdated', data });
};

const isOf = ({ orgId, userId }: Known, owner: Owner): boolean =>
  'orgId' in owner ? orgId === owner.orgId : orgId === null && userId === owner.userId;

const decide: Decider<Command, Event, State, Refusal>['decide'] = (command, state) => {
  if (command.type === 'Create') return state.status === 'Absent' ? create(command) : reject('ApiKeyAlreadyExists', {});
  // A key of another organization or person does not exist for the one who asks.
  if (state.status === 'Absent' || !isOf(state, command.owner)) return reject('ApiKeyNotFound', {});
  if (state.status === 'Revoked') return command.type === 'Revoke' ? accept() : reject('ApiKeyNotFound', {});
  switch (command.type) {
    case 'Update':
      return update(state, command);
    case 'Toggle':
      return toggle(state, command.at);
    case 'Rotate':
      return rotate(state, command);
    case 'Revoke':
      return accept<Event>({ type: 'ApiKeyRevoked', data: { keyId: state.keyId, orgId: state.orgId, at: command.at } });
  }
};

const settingsOf = (data: Settings): Settings => {
  const { name, description, isActive, scopes, models, addresses, monthlyTokens, monthlySpend, spaceId, expiresAt } = data;
  return { name, description, isActive, scopes, models, addresses, monthlyTokens, monthlySpend, spaceId, expiresAt };
};

const evolve = (state: State, event: Event): State => {
  if (event.type === 'ApiKeyCreated') {
    const { keyId, orgId, userId } = event.data;
    return { status: 'Live', keyId, orgId, userId, hash: '', settings: settingsOf(event.data) };
  }
  if (state.status !== 'Live') return state;
  switch (event.type) {
    case 'ApiKeyUpdated':
      return { ...state, settings: settingsOf(event.data) };
    case 'ApiKeyRotated':
      return { ...state, userId: event.data.userId, settings: { ...state.settings, scopes: event.data.scopes } };
    case 'ApiKeyHashed':
      return { ...state, hash: event.data.hash };
    case 'ApiKeyRevoked': {
      const { settings: _, ...known } = state;
      return { ...known, status: 'Revoked' };
    }
  }
};

/** A key of an organization or of a person. Stream `api-key-<id>`; of its secrets only hashes are ever kept. */
export const ApiKey: Decider<Command, Event, State, Refusal> = { initial: { status: 'Absent' }, decide, evolve };
