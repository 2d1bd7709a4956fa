import { epochOf, type Instant, type identity, type UserId } from '@orrery/contracts';
import { accept, type Decider, type Decision, reject } from '@orrery/kernel';

/** A secret that went to the person's address, by its hash. */
export interface Ticket {
  readonly hash: string;
  readonly expiresAt: Instant;
}

export interface SignUp {
  readonly type: 'SignUp';
  readonly userId: UserId;
  readonly email: string;
  readonly name: string | null;
  readonly username?: string | undefined;
  /** Null where another issuer says who the person is. */
  readonly passwordHash: string | null;
  /** True where somebody we believe has verified the address; else the ticket with which the person will. */
  readonly verification: Ticket | 'done' | null;
  readonly at: Instant;
}

export type Command =
  | SignUp
  | { readonly type: 'Rename'; readonly name: string | null; readonly at: Instant }
  /** Somebody we believe vouches for it. */
  | { readonly type: 'ChangeEmail'; readonly email: string; readonly at: Instant }
  | { readonly type: 'AskVerification' | 'AskReset'; readonly ticket: Ticket; readonly at: Instant }
  | { readonly type: 'VerifyEmail'; readonly ticketHash: string; readonly at: Instant }
  | { readonly type: 'ResetPassword'; readonly ticketHash: string; readonly passwordHash: string; readonly at: Instant }
  /** `from`: the hash that the current password was compared with. */
  | { readonly type: 'ChangePassword'; readonly from: string; readonly passwordHash: string; readonly at: Instant }
  | { readonly type: 'Rehash'; readonly from: string; readonly passwordHash: string; readonly at: Instant }
  | { readonly type: 'Deactivate'; readonly by: 'self' | 'operator'; readonly at: Instant }
  | { readonly type: 'Reactivate' | 'Delete'; readonly at: Instant };

type UserEventType = Extract<identity.IdentityEvent['type'], `User${string}` | `Password${string}` | `Email${string}`>;
export type Event = Extract<identity.IdentityEvent, { type: UserEventType }>;

interface Known {
  readonly userId: UserId;
}
interface Alive extends Known {
  readonly status: 'Active' | 'Deactivated';
  readonly email: string;
  readonly isVerified: boolean;
  readonly passwordHash: string | null;
  readonly verification: Ticket | null;
  readonly reset: Ticket | null;
}

export type State = { readonly status: 'Absent' } | Alive | (Known & { readonly status: 'Deleted' });

export type Refusal = {
  readonly code: 'UserAlreadySignedUp' | 'UserNotFound' | 'UserDeactivated' | 'BadTicket' | 'WrongPassword';
  readonly details: object;
};

type Decided = Decision<Event, Refusal>;
type Asked<T extends Command['type']> = Extract<Command, { type: T }>;

const signUp = ({ userId, email, name, username, passwordHash, verification, at }: SignUp, { status }: State): Decided => {
  if (status !== 'Absent') return reject('UserAlreadySignedUp', {});
  const events: Event[] = [{ type: 'UserSignedUp', data: { userId, email, name, at } }];
  if (username !== undefined) events.push({ type: 'UsernameChosen', data: { userId, username, at } });
  // Apart from the fact that others may know.
  if (passwordHash !== null) events.push({ type: 'PasswordSet', data: { userId, passwordHash, at } });
  if (verification === 'done') events.push({ type: 'EmailVerified', data: { userId, at } });
  else if (verification !== null) events.push(requested('EmailVerificationRequested', { userId, at }, verification));
  return accept(...events);
};

const requested = (
  type: 'EmailVerificationRequested' | 'PasswordResetRequested',
  { userId, at }: Known & { readonly at: Instant },
  { hash: ticketHash, expiresAt }: Ticket,
): Event => ({ type, data: { userId, ticketHash, expiresAt, at } });

const isGood = (ticket: Ticket | null, hash: string, at: Instant): boolean =>
  ticket !== null && ticket.hash === hash && epochOf(at) < epochOf(ticket.expiresAt);

const withTicket = (command: Asked<'VerifyEmail' | 'ResetPassword'>, state: Alive): Decided => {
  const { ticketHash, at } = command;
  const { userId } = state;
  const verified: Event = { type: 'EmailVerified', data: { userId, at } };
  if (command.type === 'VerifyEmail') {
    return isGood(state.verification, ticketHash, at) ? accept(verified) : reject('BadTicket', {});
  }
  if (!isGood(state.reset, ticketHash, at)) return reject('BadTicket', {});
  // The letter arrived: so the address is theirs.
  return accept<Event>(...changed(command, 'reset', userId), ...(state.isVerified ? [] : [verified]));
};

const changed = (
  { passwordHash, at }: { readonly passwordHash: string; readonly at: Instant },
  reason: 'changed' | 'reset',
  userId: UserId,
): readonly Event[] => [
  { type: 'PasswordChanged', data: { userId, reason, at } },
  { type: 'PasswordSet', data: { userId, passwordHash, at } },
];

const withPassword = (command: Asked<'ChangePassword' | 'Rehash'>, { userId, passwordHash }: Alive): Decided => {
  const isSame = passwordHash === command.from;
  if (command.type === 'ChangePassword') return isSame ? accept(...changed(command, 'changed', userId)) : reject('WrongPassword', {});
  // Changed meanwhile: then there is nothing to make stronger.
  if (!isSame) return accept();
  return accept<Event>({ type: 'PasswordRehashed', data: { userId, passwordHash: command.passwordHash, at: command.at } });
};

type Overseeing = Asked<'Rename' | 'ChangeEmail' | 'Deactivate' | 'Reactivate' | 'Delete'>;
const overseeing: ReadonlySet<string> = new Set<Overseeing['type']>(['Rename', 'ChangeEmail', 'Deactivate', 'Reactivate', 'Delete']);
const isOverseeing = (command: Command): command is Overseeing => overseeing.has(command.type);

/** What may happen to an account, whether or not it is closed. */
const oversee = (command: Overseeing, { userId, status, email }: Alive): Decided => {
  const { at } = command;
  switch (command.type) {
    case 'Rename':
      return accept<Event>({ type: 'UserRenamed', data: { userId, name: command.name, at } });
    case 'ChangeEmail':
      if (command.email === email) return accept();
      return accept<Event>({ type: 'EmailChanged', data: { userId, email: command.email, at } });
    case 'Deactivate':
      return status === 'Deactivated' ? accept() : accept<Event>({ type: 'UserDeactivated', data: { userId, by: command.by, at } });
    case 'Reactivate':
      return status === 'Active' ? accept() : accept<Event>({ type: 'UserReactivated', data: { userId, at } });
    case 'Delete':
      return accept<Event>({ type: 'UserDeleted', data: { userId, at } });
  }
};

const decide: Decider<Command, Event, State, Refusal>['decide'] = (command, state) => {
  if (command.type === 'SignUp') return signUp(command, state);
  if (state.status === 'Deleted' && command.type === 'Delete') return accept();
  if (state.status === 'Absent' || state.status === 'Deleted') return reject(isByTicket(command) ? 'BadTicket' : 'UserNotFound', {});
  if (isOverseeing(command)) return oversee(command, state);
  if (state.status === 'Deactivated') return reject(isByTicket(command) ? 'BadTicket' : 'UserDeactivated', {});
  const { userId } = state;
  switch (command.type) {
    case 'AskVerification':
      return state.isVerified ? accept() : accept(requested('EmailVerificationRequested', { userId, at: command.at }, command.ticket));
    case 'AskReset':
      return accept(requested('PasswordResetRequested', { userId, at: command.at }, command.ticket));
    case 'VerifyEmail':
    case 'ResetPassword':
      return withTicket(command, state);
    case 'ChangePassword':
    case 'Rehash':
      return withPassword(command, state);
  }
};

const isByTicket = ({ type }: Command): boolean => type === 'VerifyEmail' || type === 'ResetPassword';

const unknown = { status: 'Active', email: '', isVerified: false, passwordHash: null, verification: null, reset: null } as const;

const evolve = (state: State, event: Event): State => {
  const { userId } = event.data;
  if (event.type === 'UserDeleted') return { status: 'Deleted', userId };
  const before: Alive = 'isVerified' in state ? state : { ...unknown, userId };
  switch (event.type) {
    case 'UserSignedUp':
      return { ...unknown, userId, email: event.data.email };
    case 'UserRenamed':
    case 'UsernameChosen':
      return before;
    case 'EmailChanged':
      // What was sent to the old address is worth nothing any more.
      return { ...before, email: event.data.email, isVerified: true, verification: null, reset: null };
    case 'PasswordSet':
      // A letter that is still on its way must not undo it.
      return { ...before, passwordHash: event.data.passwordHash, reset: null };
    case 'PasswordRehashed':
      return { ...before, passwordHash: event.data.passwordHash };
    case 'PasswordChanged':
      return before;
    case 'PasswordResetRequested':
      return { ...before, reset: { hash: event.data.ticketHash, expiresAt: event.data.expiresAt } };
    case 'EmailVerificationRequested':
      return { ...before, verification: { hash: event.data.ticketHash, expiresAt: event.data.expiresAt } };
    case 'EmailVerified':
      return { ...before, isVerified: true, verification: null };
    case 'UserDeactivated':
      return { ...before, status: 'Deactivated', verification: null, reset: null };
    case 'UserReactivated':
      return { ...before, status: 'Active' };
  }
};

/** A person. Stream `user-<id>`; that an e-mail address is one person's is a claim beside the log. */
export const User: Decider<Command, Event, State, Refusal> = { initial: { status: 'Absent' }, decide, evolve };
