import { type Instant, type identity, type OrgId, type Permission, spacePermissions, type UserId } from '@orrery/contracts';
import { accept, type Decider, type Decision, type Rejection, reject } from '@orrery/kernel';

export type Command =
  | {
      readonly type: 'Create';
      readonly spaceId: identity.SpaceId;
      readonly orgId: OrgId;
      readonly name: string;
      readonly description: string;
      readonly createdBy: UserId;
      /** What the creator may do there, so that it is managed by whoever made it. */
      readonly permissions: readonly string[];
      readonly at: Instant;
    }
  | (InOrg & {
      readonly type: 'Update';
      readonly name?: string | undefined;
      readonly description?: string | undefined;
      readonly by: UserId;
    })
  | (InOrg & { readonly type: 'Delete'; readonly by: UserId | null })
  | (InOrg & { readonly type: 'Restore'; readonly by: UserId })
  /** An accepted invite: what it gives comes to what the person may do there already. */
  | (InOrg & { readonly type: 'Admit'; readonly userId: UserId; readonly permissions: readonly string[] })
  | (InOrg & { readonly type: 'Permit'; readonly userId: UserId; readonly permissions: readonly string[] })
  | (InOrg & {
      readonly type: 'Remove';
      readonly userId: UserId;
      readonly reason: Extract<Event, { type: 'SpaceMemberLeft' }>['data']['reason'];
      readonly by: UserId | null;
    });

/** A space of another organization does not exist for the one who asks. */
interface InOrg {
  readonly orgId: OrgId;
  readonly at: Instant;
}

export type Event = Extract<identity.IdentityEvent, { type: `Space${string}` }>;

type Members = Readonly<Record<string, readonly Permission[]>>;

export type State =
  | { readonly status: 'Absent' }
  | {
      readonly status: 'Active' | 'Deleted';
      readonly spaceId: identity.SpaceId;
      readonly orgId: OrgId;
      readonly name: string;
      readonly description: string;
      readonly members: Members;
    };
type Known = Exclude<State, { status: 'Absent' }>;

export type Refusal = Rejection<'SpaceAlreadyExists' | 'SpaceNotFound' | 'MemberNotFound' | 'NoSuchPermission', object>;
type Judgement = Decision<Event, Refusal>;
type Of<T extends Command['type']> = Extract<Command, { type: T }>;

const isOneSet = (one: readonly Permission[], other: readonly Permission[]): boolean =>
  one.length === other.length && one.every((permission, index) => permission === other[index]);

/** Each once, in the order of the registry; undefined where one of them is none that a space can give, or there is none. */
const permissionsIn = (asked: readonly string[]): Permission[] | undefined => {
  const wanted = new Set(asked);
  const found = spacePermissions.filter((permission) => wanted.has(permission));
  return found.length === wanted.size && found.length > 0 ? found : undefined;
};

const create = ({ type: _, permissions: asked, ...data }: Of<'Create'>): Judgement => {
  const permissions = permissionsIn(asked);
  if (!permissions) return reject('NoSuchPermission', {});
  const { spaceId, orgId, createdBy: userId, at } = data;
  return accept<Event>(
    { type: 'SpaceCreated', data },
    { type: 'SpacePermissionsGiven', data: { spaceId, orgId, userId, permissions, at } },
  );
};

const permit = (state: Known, { userId, at }: Pick<Of<'Permit'>, 'userId' | 'at'>, asked: readonly string[]): Judgement => {
  const permissions = permissionsIn(asked);
  if (!permissions) return reject('NoSuchPermission', {});
  const { spaceId, orgId, members } = state;
  return isOneSet(members[userId] ?? [], permissions)
    ? accept()
    : accept<Event>({ type: 'SpacePermissionsGiven', data: { spaceId, orgId, userId, permissions, at } });
};

const update = ({ spaceId, orgId, ...state }: Known, command: Of<'Update'>): Judgement => {
  const { name = state.name, description = state.description, by, at } = command;
  const isUnchanged = name === state.name && description === state.description;
  return isUnchanged ? accept() : accept<Event>({ type: 'SpaceUpdated', data: { spaceId, orgId, name, description, by, at } });
};

const judge = (state: Known, command: Exclude<Command, { type: 'Create' }>): Judgement => {
  const { spaceId, orgId, status, members } = state;
  const { at } = command;
  const isDeleted = status === 'Deleted';
  switch (command.type) {
    case 'Restore':
      return isDeleted ? accept<Event>({ type: 'SpaceRestored', data: { spaceId, orgId, by: command.by, at } }) : accept();
    case 'Delete':
      return isDeleted ? accept() : accept<Event>({ type: 'SpaceDeleted', data: { spaceId, orgId, by: command.by, at } });
    case 'Remove': {
      const { userId, reason, by } = command;
      // Whoever left the organization is not to come back with a restored space.
      if (isDeleted && by !== null) return reject('SpaceNotFound', {});
      if (members[userId] === undefined) return reject('MemberNotFound', {});
      return accept<Event>({ type: 'SpaceMemberLeft', data: { spaceId, orgId, userId, reason, by, at } });
    }
  }
  if (isDeleted) return reject('SpaceNotFound', {});
  switch (command.type) {
    case 'Update':
      return update(state, command);
    case 'Admit':
      return permit(state, command, [...(members[command.userId] ?? []), ...command.permissions]);
    case 'Permit':
      return members[command.userId] === undefined ? reject('MemberNotFound', {}) : permit(state, command, command.permissions);
  }
};

const decide = (command: Command, state: State): Judgement => {
  if (command.type === 'Create') {
    return state.status === 'Absent' ? create(command) : reject('SpaceAlreadyExists', {});
  }
  if (state.status === 'Absent' || state.orgId !== command.orgId) return reject('SpaceNotFound', {});
  return judge(state, command);
};

const evolve = (state: State, event: Event): State => {
  if (event.type === 'SpaceCreated') {
    const { spaceId, orgId, name, description } = event.data;
    return { status: 'Active', spaceId, orgId, name, description, members: {} };
  }
  if (state.status === 'Absent') return state;
  switch (event.type) {
    case 'SpaceUpdated': {
      const { name, description } = event.data;
      return { ...state, name, description };
    }
    case 'SpaceDeleted':
      return { ...state, status: 'Deleted' };
    case 'SpaceRestored':
      return { ...state, status: 'Active' };
    case 'SpacePermissionsGiven':
      return { ...state, members: { ...state.members, [event.data.userId]: event.data.permissions } };
    case 'SpaceMemberLeft': {
      const { [event.data.userId]: _, ...members } = state.members;
      return { ...state, members };
    }
  }
};

/** A part of an organization with members of its own, and what each may do there. Stream `space-<id>`. */
export const Space: Decider<Command, Event, State, Refusal> = { initial: { status: 'Absent' }, decide, evolve };
