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

export type Event = Extract<identity.IdentityEvent, { type: 'UserSignedUp' | 'PasswordSet' }>;

export type State = { readonly status: 'Absent' } | { readonly status: 'Active'; readonly userId: UserId };

export type Refusal = { readonly code: 'UserAlreadySignedUp'; readonly details: object };

const decide: Decider<SignUp, Event, State, Refusal>['decide'] = ({ userId, email, name, passwordHash, at }, state) => {
  if (state.status !== 'Absent') return reject('UserAlreadySignedUp', {});
  return accept<Event>(
    { type: 'UserSignedUp', data: { userId, email, name, at } },
    // Apart from the fact that others may know.
    { type: 'PasswordSet', data: { userId, passwordHash, at } },
  );
};

const evolve = (_: State, { data }: Event): State => ({ status: 'Active', userId: data.userId });

/** A person. Stream `user-<id>`; that an e-mail address is one person's is a claim beside the log. */
export const User: Decider<SignUp, Event, State, Refusal> = { initial: { status: 'Absent' }, decide, evolve };
