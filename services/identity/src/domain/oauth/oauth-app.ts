import { type Instant, identity, type OrgId, type Permission, type UserId } from '@orrery/contracts';
import { accept, type Decider, type Decision, reject } from '@orrery/kernel';
import type { Owner } from '../keys/api-key.ts';

/** What can be changed of an application. */
export type Settings = Pick<identity.OauthAppView, 'name' | 'redirectUris' | 'scopes' | 'isActive'>;
export type Change = { readonly [S in keyof Settings]?: Settings[S] | undefined };

/** What whoever acts holds there, to give a service account no more; null where it is no organization's. */
type Held = readonly Permission[] | null;

export type Command =
  | {
      readonly type: 'Create';
      readonly appId: identity.OauthAppId;
      readonly orgId: OrgId | null;
      readonly userId: UserId;
      readonly kind: identity.OauthAppKind;
      readonly settings: Settings;
      /** Null where it keeps no secret. */
      readonly hash: string | null;
      readonly held: Held;
      readonly at: Instant;
    }
  | { readonly type: 'Update'; readonly owner: Owner; readonly change: Change; readonly held: Held; readonly at: Instant }
  | { readonly type: 'ResetSecret'; readonly owner: Owner; readonly hash: string; readonly held: Held; readonly at: Instant }
  | { readonly type: 'Delete'; readonly owner: Owner; readonly at: Instant };

export type Event = Extract<identity.IdentityEvent, { type: `OauthApp${string}` }>;

interface Known {
  readonly appId: identity.OauthAppId;
  readonly orgId: OrgId | null;
  readonly userId: UserId;
  readonly kind: identity.OauthAppKind;
}

export type State =
  | { readonly status: 'Absent' }
  | (Known & { readonly status: 'Live'; readonly settings: Settings })
  | (Known & { readonly status: 'Deleted' });

type Live = Extract<State, { status: 'Live' }>;

export type Refusal = {
  readonly code:
    | 'OauthAppAlreadyExists'
    | 'OauthAppNotFound'
    | 'OauthAppHasNoSecret'
    | 'RedirectUriRefused'
    | 'ScopeRefused'
    | 'PermissionsNotHeld';
  readonly details: object;
};

type Answer = Decision<Event, Refusal>;
type CommandOf<T extends Command['type']> = Extract<Command, { type: T }>;

const ownerOf = ({ orgId, userId }: Pick<Known, 'orgId' | 'userId'>): string => orgId ?? userId;
const isOf = ({ orgId, userId }: Known, owner: Owner): boolean =>
  'orgId' in owner ? orgId === owner.orgId : orgId === null && userId === owner.userId;

const isOwnScheme = (uri: string): boolean => !/^https?:/i.test(uri);

type Wanted = { readonly kind: identity.OauthAppKind; readonly settings: Settings; readonly held: Held };

/** Which of the redirect URIs is wrong, or that all of them are, and how to mend it. */
const refusedUris = (reason: string, wrong: { readonly message: string; readonly mend: string; readonly at?: number }): Refusal => {
  const { at, message, mend } = wrong;
  const path = at === undefined ? ['redirectUris'] : ['redirectUris', at];
  return { code: 'RedirectUriRefused', details: { reason, issues: [{ path, message, code: 'custom', mend }] } };
};

/** Why it cannot be so, or undefined. */
const objection = ({ kind, settings: { redirectUris, scopes } }: Wanted): Refusal | undefined => {
  if (kind === 'service') {
    if (redirectUris.length > 0) {
      return refusedUris('Nobody is sent back to a service account.', {
        message: 'must be empty for a service account',
        mend: 'leave it out',
      });
    }
    const personal = scopes.find((scope) => identity.personalScopes.some((each) => each === scope));
    return personal === undefined ? undefined : { code: 'ScopeRefused', details: { scope: personal } };
  }
  if (kind !== 'web') return undefined;
  if (redirectUris.length === 0) {
    const message = 'must hold at least one address, to which people are sent back';
    return refusedUris('People must be sent back somewhere.', { message, mend: 'give at least 1 item' });
  }
  const at = redirectUris.findIndex(isOwnScheme);
  if (at === -1) return undefined;
  const message = 'has a scheme of its own, which only a native application may have';
  const mend = 'send an address that begins with https://, or make it a native application';
  return refusedUris('Only a native application has a scheme of its own.', { message, mend, at });
};

/** People judge for themselves what they let an application do; of a service account whoever makes it does. */
const grantable = ({ kind, settings: { scopes }, held }: Wanted): Settings['scopes'] =>
  kind !== 'service' || held === null ? scopes : scopes.filter((scope) => held.some((permission) => permission === scope));

const holdsAll = (state: Live, held: Held): boolean => grantable({ ...state, held }).length === state.settings.scopes.length;

const create = ({ settings: wished, held, hash, type: _, ...made }: CommandOf<'Create'>): Answer => {
  const refused = objection({ kind: made.kind, settings: wished, held });
  if (refused) return { accepted: false, rejection: refused };
  const scopes = grantable({ kind: made.kind, settings: wished, held });
  if (scopes.length === 0) return reject('PermissionsNotHeld', {});
  const { appId, orgId, at } = made;
  const created: Event = { type: 'OauthAppCreated', data: { ...made, ownerId: ownerOf(made), ...wished, scopes } };
  return hash === null
    ? accept<Event>(created)
    : accept<Event>(created, { type: 'OauthAppSecretHashed', data: { appId, orgId, hash, at } });
};

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

const update = (state: Live, { change, held, at }: CommandOf<'Update'>): Answer => {
  const { appId, orgId, kind, settings } = state;
  const named = Object.entries(change).filter(([name, value]) => value !== undefined && !same(value, Reflect.get(settings, name)));
  if (named.length === 0) return accept();
  const next: Settings = { ...settings, ...Object.fromEntries(named) };
  const refused = objection({ kind, settings: next, held });
  if (refused) return { accepted: false, rejection: refused };
  const scopes = change.scopes === undefined ? settings.scopes : grantable({ kind, settings: next, held });
  if (scopes.length === 0) return reject('PermissionsNotHeld', {});
  return accept<Event>({ type: 'OauthAppUpdated', data: { appId, orgId, ownerId: ownerOf(state), ...next, scopes, at } });
};

/** Whoever learns the secret of a service account holds what it may. */
const resetSecret = (state: Live, { hash, held, at }: CommandOf<'ResetSecret'>): Answer => {
  const { appId, orgId, kind } = state;
  if (kind === 'native') return reject('OauthAppHasNoSecret', {});
  if (!holdsAll(state, held)) return reject('PermissionsNotHeld', {});
  return accept<Event>(
    { type: 'OauthAppSecretReset', data: { appId, orgId, at } },
    { type: 'OauthAppSecretHashed', data: { appId, orgId, hash, at } },
  );
};

const decide: Decider<Command, Event, State, Refusal>['decide'] = (command, state) => {
  if (command.type === 'Create') return state.status === 'Absent' ? create(command) : reject('OauthAppAlreadyExists', {});
  // One of another organization or person does not exist for the one who asks.
  if (state.status === 'Absent' || !isOf(state, command.owner)) return reject('OauthAppNotFound', {});
  if (state.status === 'Deleted') return command.type === 'Delete' ? accept() : reject('OauthAppNotFound', {});
  switch (command.type) {
    case 'Update':
      return update(state, command);
    case 'ResetSecret':
      return resetSecret(state, command);
    case 'Delete':
      return accept<Event>({ type: 'OauthAppDeleted', data: { appId: state.appId, orgId: state.orgId, at: command.at } });
  }
};

const settingsOf = ({ name, redirectUris, scopes, isActive }: Settings): Settings => ({ name, redirectUris, scopes, isActive });

const evolve = (state: State, event: Event): State => {
  if (event.type === 'OauthAppCreated') {
    const { appId, orgId, userId, kind } = event.data;
    return { status: 'Live', appId, orgId, userId, kind, settings: settingsOf(event.data) };
  }
  if (state.status !== 'Live') return state;
  switch (event.type) {
    case 'OauthAppUpdated':
      return { ...state, settings: settingsOf(event.data) };
    case 'OauthAppSecretReset':
    case 'OauthAppSecretHashed':
      return state;
    case 'OauthAppDeleted': {
      const { settings: _, ...known } = state;
      return { ...known, status: 'Deleted' };
    }
  }
};

/** A program of somebody else that people let act for them, or a machine that acts for its organization. Stream `oauth-app-<id>`. */
export const OauthApp: Decider<Command, Event, State, Refusal> = { initial: { status: 'Absent' }, decide, evolve };
