import type { Instant, identity, OrgId, OrgRole, UserId } from '@orrery/contracts';
import { accept, type Decider, reject } from '@orrery/kernel';

export type Command =
  | {
      readonly type: 'Create';
      readonly orgId: OrgId;
      readonly slug: string;
      readonly name: string;
      readonly billingEmail: string | null;
      readonly createdBy: UserId;
      /** Whether it becomes the creator's default: their first one does. */
      readonly isDefault: boolean;
      readonly at: Instant;
    }
  | {
      readonly type: 'Update';
      readonly slug?: string | undefined;
      readonly name?: string | undefined;
      readonly billingEmail?: string | null | undefined;
      readonly billingDetails?: Details | undefined;
      readonly at: Instant;
    };

type Details = identity.OrgView['billingDetails'];

export type Event = Extract<identity.IdentityEvent, { type: 'OrgCreated' | 'OrgUpdated' | 'MemberJoined' }>;

export type State =
  | { readonly status: 'Absent' }
  | {
      readonly status: 'Active';
      readonly orgId: OrgId;
      readonly slug: string;
      readonly name: string;
      readonly billingEmail: string | null;
      readonly billingDetails: Details;
      readonly roles: Readonly<Record<string, OrgRole>>;
    };

export type Refusal = { readonly code: 'OrgAlreadyExists' | 'OrgNotFound'; readonly details: object };

const decide: Decider<Command, Event, State, Refusal>['decide'] = (command, state) => {
  if (command.type === 'Create') {
    if (state.status === 'Active') return reject('OrgAlreadyExists', {});
    const { type: _, isDefault, ...data } = command;
    const { orgId, createdBy: userId, at } = data;
    return accept<Event>({ type: 'OrgCreated', data }, { type: 'MemberJoined', data: { orgId, userId, role: 'owner', isDefault, at } });
  }
  if (state.status === 'Absent') return reject('OrgNotFound', {});
  const { orgId } = state;
  const { slug = state.slug, name = state.name, billingEmail = state.billingEmail, at } = command;
  const billingDetails = { ...state.billingDetails, ...command.billingDetails };
  const isUnchanged =
    slug === state.slug && name === state.name && billingEmail === state.billingEmail && command.billingDetails === undefined;
  return isUnchanged ? accept() : accept<Event>({ type: 'OrgUpdated', data: { orgId, slug, name, billingEmail, billingDetails, at } });
};

const evolve = (state: State, event: Event): State => {
  switch (event.type) {
    case 'OrgCreated': {
      const { orgId, slug, name, billingEmail } = event.data;
      return { status: 'Active', orgId, slug, name, billingEmail, billingDetails: {}, roles: {} };
    }
    case 'OrgUpdated': {
      const { slug, name, billingEmail, billingDetails } = event.data;
      return state.status === 'Absent' ? state : { ...state, slug, name, billingEmail, billingDetails };
    }
    case 'MemberJoined':
      return state.status === 'Absent' ? state : { ...state, roles: { ...state.roles, [event.data.userId]: event.data.role } };
  }
};

/** An organization and its members. Stream `org-<id>`; that a slug is one organization's is a claim beside the log. */
export const Org: Decider<Command, Event, State, Refusal> = { initial: { status: 'Absent' }, decide, evolve };
