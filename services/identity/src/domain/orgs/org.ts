import type { Instant, identity, OrgId, OrgRole, UserId } from '@orrery/contracts';
import { accept, type Decider, type Decision, type Rejection, reject } from '@orrery/kernel';
import { changed, type Details, sameDetails } from './billing-details.ts';

type Kind = identity.OrgView['kind'];

export type Command =
  | {
      readonly type: 'Create';
      readonly orgId: OrgId;
      readonly slug: string;
      readonly name: string;
      readonly kind: Kind;
      readonly billingEmail: string | null;
      readonly createdBy: UserId;
      readonly at: Instant;
    }
  | {
      readonly type: 'Update';
      readonly slug?: string | undefined;
      readonly name?: string | undefined;
      readonly billingEmail?: string | null | undefined;
      readonly billingDetails?: identity.BillingDetailsChange | undefined;
      readonly by: UserId;
      readonly at: Instant;
    }
  /** Whether it takes in anybody at all, and whether this person may ask them: it changes nothing. */
  | { readonly type: 'Vouch'; readonly by: UserId | null }
  | {
      readonly type: 'Join';
      readonly userId: UserId;
      readonly role: OrgRole;
      readonly inviteId: identity.InviteId | null;
      readonly at: Instant;
    }
  /** Without an invite, or in another role than before. */
  | { readonly type: 'Enlist'; readonly userId: UserId; readonly role: OrgRole; readonly by: UserId; readonly at: Instant }
  | { readonly type: 'ChangeRole'; readonly userId: UserId; readonly role: OrgRole; readonly by: UserId; readonly at: Instant }
  | { readonly type: 'Transfer'; readonly to: UserId; readonly by: UserId; readonly at: Instant }
  | { readonly type: 'Remove'; readonly userId: UserId; readonly by: UserId; readonly at: Instant }
  /** The person is being erased, and their address with them. */
  | { readonly type: 'Forget'; readonly userId: UserId; readonly email: string; readonly at: Instant }
  | { readonly type: 'Suspend'; readonly reason: string; readonly at: Instant }
  | { readonly type: 'Reinstate'; readonly at: Instant }
  /** `typedName` is null where the only member is erased: then nobody is left to ask, and what is left lapses. */
  | { readonly type: 'Delete'; readonly by: UserId; readonly typedName: string | null; readonly standing: Standing; readonly at: Instant }
  /** After its end: its members go, some at a time. */
  | { readonly type: 'Disband'; readonly userIds: readonly UserId[]; readonly at: Instant };

/** What others know of an organization that is to go. */
export interface Standing {
  readonly openRuns: number;
  /** Nothing is owed, and no credit is left that was paid for. */
  readonly isSettled: boolean;
}

type OfOrg = 'OrgCreated' | 'OrgUpdated' | 'OrgSuspended' | 'OrgReinstated' | 'OrgDeleted';
type OfMembers = 'MemberJoined' | 'MemberRoleChanged' | 'OwnershipTransferred' | 'MemberLeft';
export type Event = Extract<identity.IdentityEvent, { type: OfOrg | OfMembers }>;

type Roles = Readonly<Record<string, OrgRole>>;

export type State =
  | { readonly status: 'Absent' }
  | {
      readonly status: 'Active' | 'Suspended';
      readonly orgId: OrgId;
      readonly slug: string;
      readonly name: string;
      readonly billingEmail: string | null;
      readonly billingDetails: Details;
      readonly roles: Roles;
    }
  | { readonly status: 'Deleted'; readonly orgId: OrgId; readonly slug: string; readonly roles: Roles };

type Existing = Extract<State, { status: 'Active' | 'Suspended' }>;
type Of<T extends Command['type']> = Extract<Command, { type: T }>;

export type Refusal =
  | Rejection<
      | 'OrgAlreadyExists'
      | 'OrgNotFound'
      | 'OrgSuspended'
      | 'OrgNameMismatch'
      | 'OrgHasBalance'
      | 'AlreadyMember'
      | 'MemberNotFound'
      | 'LastOwner',
      object
    >
  | Rejection<'OrgHasRunningWork', { readonly runs: number }>
  | Rejection<'Forbidden', { readonly needs: string }>;

type Judgement = Decision<Event, Refusal>;
const ownersOf = (roles: Roles): readonly string[] => Object.keys(roles).filter((userId) => roles[userId] === 'owner');
const isLastOwner = (roles: Roles, userId: UserId): boolean => roles[userId] === 'owner' && ownersOf(roles).length === 1;
const governs = (role: OrgRole | undefined): boolean => role === 'owner' || role === 'admin';
const forbidden = (needs: string): Judgement => reject('Forbidden', { needs });

const update = (state: Existing, command: Of<'Update'>): Judgement => {
  if (state.roles[command.by] !== 'owner') return forbidden('org:update');
  const { orgId } = state;
  const { slug = state.slug, name = state.name, billingEmail = state.billingEmail, at } = command;
  const billingDetails = changed(state.billingDetails, command.billingDetails);
  const isUnchanged =
    slug === state.slug && name === state.name && billingEmail === state.billingEmail && sameDetails(billingDetails, state.billingDetails);
  return isUnchanged ? accept() : accept<Event>({ type: 'OrgUpdated', data: { orgId, slug, name, billingEmail, billingDetails, at } });
};

const join = ({ orgId, roles }: Existing, { userId, role, inviteId, at }: Of<'Join'>): Judgement =>
  roles[userId] === undefined
    ? accept<Event>({ type: 'MemberJoined', data: { orgId, userId, role, inviteId, at } })
    : reject('AlreadyMember', {});

const changeRole = ({ orgId, roles }: Existing, { userId, role, by, at }: Of<'ChangeRole'>): Judgement => {
  if (roles[by] !== 'owner') return forbidden('members:change-role');
  const formerRole = roles[userId];
  if (formerRole === undefined) return reject('MemberNotFound', {});
  if (formerRole === role) return accept();
  if (isLastOwner(roles, userId)) return reject('LastOwner', {});
  return accept<Event>({ type: 'MemberRoleChanged', data: { orgId, userId, role, formerRole, by, at } });
};

const enlist = (state: Existing, { type: _, ...asked }: Of<'Enlist'>): Judgement => {
  if (state.roles[asked.by] !== 'owner') return forbidden('members:change-role');
  const isMember = state.roles[asked.userId] !== undefined;
  return isMember ? changeRole(state, { ...asked, type: 'ChangeRole' }) : join(state, { ...asked, type: 'Join', inviteId: null });
};

const transfer = ({ orgId, roles }: Existing, { to, by, at }: Of<'Transfer'>): Judgement => {
  if (roles[by] !== 'owner') return forbidden('members:change-role');
  const formerRole = roles[to];
  if (formerRole === undefined) return reject('MemberNotFound', {});
  if (to === by) return accept();
  return accept<Event>({ type: 'OwnershipTransferred', data: { orgId, from: by, to, formerRole, at } });
};

const remove = ({ orgId, roles }: Existing, { userId, by, at }: Of<'Remove'>): Judgement => {
  const [role, own] = [roles[userId], roles[by]];
  const isLeaving = userId === by;
  // Whoever may not ask about members gets one answer, whether the member is there or not.
  if (!isLeaving && !governs(own)) return forbidden('members:manage');
  if (role === undefined) return reject('MemberNotFound', {});
  if (role === 'owner' && own !== 'owner') return forbidden('members:change-role');
  if (isLastOwner(roles, userId)) return reject('LastOwner', {});
  return accept<Event>({ type: 'MemberLeft', data: { orgId, userId, reason: isLeaving ? 'left' : 'removed', by, at } });
};

/** Of a person who is erased nothing stays here: neither the membership nor their address on the bills. */
const forget = (state: Existing, { userId, email, at }: Of<'Forget'>): Judgement => {
  const { orgId, slug, name, billingDetails, roles } = state;
  if (isLastOwner(roles, userId)) return reject('LastOwner', {});
  const left: Event = { type: 'MemberLeft', data: { orgId, userId, reason: 'erased', by: null, at } };
  const cleared: Event = { type: 'OrgUpdated', data: { orgId, slug, name, billingEmail: null, billingDetails, at } };
  return accept<Event>(...(roles[userId] === undefined ? [] : [left]), ...(state.billingEmail === email ? [cleared] : []));
};

const end = ({ orgId, name, roles }: Existing, { by, typedName, standing, at }: Of<'Delete'>): Judgement => {
  if (roles[by] !== 'owner') return forbidden('org:delete');
  const deleted: Event = { type: 'OrgDeleted', data: { orgId, by, at } };
  if (typedName === null) return Object.keys(roles).length === 1 ? accept(deleted) : reject('LastOwner', {});
  if (typedName !== name) return reject('OrgNameMismatch', {});
  if (standing.openRuns > 0) return reject('OrgHasRunningWork', { runs: standing.openRuns });
  return standing.isSettled ? accept(deleted) : reject('OrgHasBalance', {});
};

const disband = ({ orgId, roles }: Extract<State, { status: 'Deleted' }>, { userIds, at }: Of<'Disband'>): Judgement =>
  accept<Event>(
    ...userIds
      .filter((userId) => roles[userId] !== undefined)
      .map((userId): Event => ({ type: 'MemberLeft', data: { orgId, userId, reason: 'org-deleted', by: null, at } })),
  );

/** In a suspended organization nothing begins and nobody rises; whoever wants to leave may. */
const judge = (state: Existing, command: Exclude<Command, { type: 'Create' | 'Disband' }>): Judgement => {
  const { orgId, status } = state;
  switch (command.type) {
    case 'Remove':
      return remove(state, command);
    case 'Forget':
      return forget(state, command);
    case 'Suspend':
      if (status === 'Suspended') return accept();
      return accept<Event>({ type: 'OrgSuspended', data: { orgId, reason: command.reason, at: command.at } });
    case 'Reinstate':
      return status === 'Active' ? accept() : accept<Event>({ type: 'OrgReinstated', data: { orgId, at: command.at } });
    case 'Delete':
      // An erasure waits for nobody.
      return status === 'Suspended' && command.typedName !== null ? reject('OrgSuspended', {}) : end(state, command);
  }
  if (status === 'Suspended') return reject('OrgSuspended', {});
  switch (command.type) {
    case 'Vouch':
      return command.by === null || governs(state.roles[command.by]) ? accept() : forbidden('invites:manage');
    case 'Update':
      return update(state, command);
    case 'Join':
      return join(state, command);
    case 'Enlist':
      return enlist(state, command);
    case 'ChangeRole':
      return changeRole(state, command);
    case 'Transfer':
      return transfer(state, command);
  }
};

const decide = (command: Command, state: State): Judgement => {
  if (command.type === 'Create') {
    if (state.status !== 'Absent') return reject('OrgAlreadyExists', {});
    const { type: _, ...data } = command;
    const { orgId, createdBy: userId, at } = data;
    const owner: Event = { type: 'MemberJoined', data: { orgId, userId, role: 'owner', inviteId: null, at } };
    return accept<Event>({ type: 'OrgCreated', data }, owner);
  }
  if (command.type === 'Disband') return state.status === 'Deleted' ? disband(state, command) : reject('OrgNotFound', {});
  return state.status === 'Absent' || state.status === 'Deleted' ? reject('OrgNotFound', {}) : judge(state, command);
};

const withRoles = (state: State, change: Roles): State =>
  state.status === 'Absent' ? state : { ...state, roles: { ...state.roles, ...change } };

const without = (state: State, userId: UserId): State => {
  if (state.status === 'Absent') return state;
  const { [userId]: _, ...roles } = state.roles;
  return { ...state, roles };
};

const evolve = (state: State, event: Event): State => {
  switch (event.type) {
    case 'OrgCreated': {
      const { orgId, slug, name, billingEmail } = event.data;
      return { status: 'Active', orgId, slug, name, billingEmail, billingDetails: {}, roles: {} };
    }
    case 'OrgUpdated': {
      const { slug, name, billingEmail, billingDetails } = event.data;
      return state.status === 'Absent' || state.status === 'Deleted' ? state : { ...state, slug, name, billingEmail, billingDetails };
    }
    case 'MemberJoined':
    case 'MemberRoleChanged':
      return withRoles(state, { [event.data.userId]: event.data.role });
    case 'OwnershipTransferred':
      return withRoles(state, { [event.data.from]: 'admin', [event.data.to]: 'owner' });
    case 'MemberLeft':
      return without(state, event.data.userId);
    case 'OrgSuspended':
    case 'OrgReinstated':
      if (state.status === 'Absent' || state.status === 'Deleted') return state;
      return { ...state, status: event.type === 'OrgSuspended' ? 'Suspended' : 'Active' };
    case 'OrgDeleted':
      return state.status === 'Absent' ? state : { status: 'Deleted', orgId: state.orgId, slug: state.slug, roles: state.roles };
  }
};

/** An organization and its members. Stream `org-<id>`; that a slug is one organization's is a claim beside the log. */
export const Org: Decider<Command, Event, State, Refusal> = { initial: { status: 'Absent' }, decide, evolve };
