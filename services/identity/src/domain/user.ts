import type { Instant, identity, UserId } from '@orrery/contracts';
import { accept, type Decider, reject } from '@orrery/kernel';

export interface SignUp {
  readonly type: 'SignUp';
  readonly userId: UserId;
  readonly email: string;
  readonly name: string | null;
  readonly passwordHash: string;
  readonly at: Instant;
}

export type Event = Extract<identity.IdentityEvent, { type: 'UserSignedUp' }>;

export type State = { readonly status: 'Absent' } | { readonly status: 'Active'; readonly userId: UserId; readonly passwordHash: string };

export type Refusal = { readonly code: 'UserAlreadySignedUp'; readonly details: object };

const decide: Decider<SignUp, Event, State, Refusal>['decide'] = ({ type: _, ...data }, state) =>
  state.status === 'Absent' ? accept({ type: 'UserSignedUp', data }) : reject('UserAlreadySignedUp', {});

const evolve = (_: State, { data }: Event): State => ({ status: 'Active', userId: data.userId, passwordHash: data.passwordHash });

/** A person. Stream `user-<id>`; that an e-mail address is one person's is a claim beside the log. */
export const User: Decider<SignUp, Event, State, Refusal> = { initial: { status: 'Absent' }, decide, evolve };
