import { epochOf, type Instant, type identity, type OrgId, type UserId } from '@orrery/contracts';
import { accept, type Decider, type Decision, type Rejection, reject } from '@orrery/kernel';

type Status = identity.InviteStatus;

interface Terms {
  readonly inviteId: identity.InviteId;
  readonly orgId: OrgId;
  readonly email: string;
  readonly role: identity.InvitableRole | null;
  readonly space: identity.SpaceGrant | null;
}

/** Who answers, and with what they prove that they may. */
export interface Answer {
  readonly userId: UserId;
  readonly email: string;
  readonly isEmailVerified: boolean;
  /** Hash of the secret that was presented; null where the invite was named by its id alone. */
  readonly secretHash: string | null;
  readonly at: Instant;
}

export type Command =
  | ({ readonly type: 'Create' } & Terms & {
        readonly invitedBy: UserId;
        readonly shownHash: string;
        readonly mailedHash: string;
        readonly expiresAt: Instant;
        readonly at: Instant;
      })
  | ({ readonly type: 'Accept' | 'Decline' } & Answer)
  /** By nobody where its organization or its addressee is gone. */
  | { readonly type: 'Revoke'; readonly orgId: OrgId; readonly by: UserId | null; readonly at: Instant }
  | { readonly type: 'Expire'; readonly at: Instant };

export type Event = Extract<identity.IdentityEvent, { type: `Invite${string}` }>;

export type State =
  | { readonly status: 'Absent' }
  | (Terms & {
      readonly status: Status;
      readonly shownHash: string;
      readonly mailedHash: string;
      readonly expiresAt: Instant;
    });
type Known = Exclude<State, { status: 'Absent' }>;

export type Refusal =
  | Rejection<'InviteAlreadyExists' | 'InviteNotFound' | 'InviteForAnother' | 'InviteExpired', object>
  | Rejection<'InviteUsed', { readonly status: Status }>;

type Judgement = Decision<Event, Refusal>;

/** As it is at a moment: time ends an invite, whether or not anybody has noted it. */
export const statusAt = ({ status, expiresAt }: Pick<Known, 'status' | 'expiresAt'>, at: Instant): Status =>
  status === 'pending' && epochOf(expiresAt) <= epochOf(at) ? 'expired' : status;

/** Which of the two secrets it is, if any. */
export const secretOf = (
  { shownHash, mailedHash }: Pick<Known, 'shownHash' | 'mailedHash'>,
  hash: string | null,
): 'shown' | 'mailed' | undefined => {
  if (hash === null) return undefined;
  if (hash === mailedHash) return 'mailed';
  return hash === shownHash ? 'shown' : undefined;
};

const ended = (status: Status): Judgement => (status === 'expired' ? reject('InviteExpired', {}) : reject('InviteUsed', { status }));

/** Why this person may not answer; undefined where they may. */
const objection = (state: Known, { email, isEmailVerified, secretHash, at }: Answer): Judgement | undefined => {
  const secret = secretOf(state, secretHash);
  const isTheirs = email === state.email;
  // Without a secret only its addressee ever hears of an invite.
  if (!secret && (secretHash !== null || !isTheirs || !isEmailVerified)) return reject('InviteNotFound', {});
  if (!isTheirs) return reject('InviteForAnother', {});
  const status = statusAt(state, at);
  return status === 'pending' ? undefined : ended(status);
};

const create = ({ type: _, shownHash, mailedHash, ...data }: Extract<Command, { type: 'Create' }>): Judgement => {
  const { inviteId, orgId, at } = data;
  return accept<Event>({ type: 'InviteCreated', data }, { type: 'InviteSecretsSet', data: { inviteId, orgId, shownHash, mailedHash, at } });
};

const revoke = ({ inviteId, orgId, status }: Known, { orgId: asked, by, at }: Extract<Command, { type: 'Revoke' }>): Judgement => {
  if (asked !== orgId) return reject('InviteNotFound', {});
  // Nothing is left to take back of one that has expired or was turned down, and nobody minds.
  if (status === 'accepted') return reject('InviteUsed', { status });
  return status === 'pending' ? accept<Event>({ type: 'InviteRevoked', data: { inviteId, orgId, by, at } }) : accept();
};

const decide = (command: Command, state: State): Judgement => {
  if (command.type === 'Create') return state.status === 'Absent' ? create(command) : reject('InviteAlreadyExists', {});
  if (state.status === 'Absent') return reject('InviteNotFound', {});
  const { inviteId, orgId } = state;
  const { at } = command;
  switch (command.type) {
    case 'Accept':
    case 'Decline': {
      const type = command.type === 'Accept' ? 'InviteAccepted' : 'InviteDeclined';
      return objection(state, command) ?? accept<Event>({ type, data: { inviteId, orgId, userId: command.userId, at } });
    }
    case 'Revoke':
      return revoke(state, command);
    case 'Expire':
      return state.status === 'pending' && statusAt(state, at) === 'expired'
        ? accept<Event>({ type: 'InviteExpired', data: { inviteId, orgId, at } })
        : accept();
  }
};

const endings = {
  InviteAccepted: 'accepted',
  InviteDeclined: 'declined',
  InviteRevoked: 'revoked',
  InviteExpired: 'expired',
} as const satisfies Partial<Record<Event['type'], Status>>;

const evolve = (state: State, event: Event): State => {
  switch (event.type) {
    case 'InviteCreated': {
      const { inviteId, orgId, email, role, space, expiresAt } = event.data;
      return { status: 'pending', inviteId, orgId, email, role, space, expiresAt, shownHash: '', mailedHash: '' };
    }
    case 'InviteSecretsSet': {
      const { shownHash, mailedHash } = event.data;
      return state.status === 'Absent' ? state : { ...state, shownHash, mailedHash };
    }
    case 'InviteAccepted':
    case 'InviteDeclined':
    case 'InviteRevoked':
    case 'InviteExpired':
      return state.status === 'Absent' ? state : { ...state, status: endings[event.type] };
  }
};

/** Somebody is asked to join. Stream `invite-<id>`; that an address has one open invite to a place is a claim beside the log. */
export const Invite: Decider<Command, Event, State, Refusal> = { initial: { status: 'Absent' }, decide, evolve };

/** What an open invite holds for itself alone, and an ended one lets go. */
export interface Hold {
  readonly act: 'take' | 'release';
  readonly orgId: OrgId;
  readonly spaceId: identity.SpaceId | null;
  readonly email: string;
}

/** What an invite's new facts do to its hold; `state` is the one after them. */
export const holdsOf = (events: readonly Event[], state: State): readonly Hold[] => {
  if (state.status === 'Absent') return [];
  const hold = { orgId: state.orgId, spaceId: state.space?.spaceId ?? null, email: state.email };
  return events.flatMap(({ type }): readonly Hold[] => {
    if (type === 'InviteCreated') return [{ act: 'take', ...hold }];
    return type in endings ? [{ act: 'release', ...hold }] : [];
  });
};
