import { epochOf, type Instant, type identity, type UserId } from '@orrery/contracts';
import { accept, type Decider, reject } from '@orrery/kernel';

interface Opening {
  readonly type: 'Open';
  readonly sessionId: identity.SessionId;
  readonly userId: UserId;
  readonly method: identity.SignInMethod;
  readonly owesSecondFactor: boolean;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly refreshHash: string;
  readonly expiresAt: Instant;
  readonly at: Instant;
}

export type Command =
  | Opening
  | {
      readonly type: 'Refresh';
      /** Hash of the token that was presented, and of the one that replaces it. */
      readonly presentedHash: string;
      readonly refreshHash: string;
      readonly expiresAt: Instant;
      readonly at: Instant;
    }
  | { readonly type: 'LogOut'; readonly presentedHash: string; readonly at: Instant }
  | { readonly type: 'Complete'; readonly userId: UserId; readonly expiresAt: Instant; readonly at: Instant }
  | { readonly type: 'Revoke'; readonly userId: UserId; readonly reason: identity.SessionEnd; readonly at: Instant };

export type Event = Extract<identity.IdentityEvent, { type: `Session${string}` | 'RefreshTokenIssued' }>;

interface Known {
  readonly sessionId: identity.SessionId;
  readonly userId: UserId;
}
interface Open extends Known {
  readonly status: 'Open';
  /** Until it has shown a second factor it is good for nothing else, and does not live long. */
  readonly owesSecondFactor: boolean;
  readonly refreshHash: string;
  readonly expiresAt: Instant;
}

export type State = { readonly status: 'Absent' } | Open | (Known & { readonly status: 'Revoked' });

export type Refusal = { readonly code: 'SessionAlreadyOpen' | 'BadRefreshToken' | 'SessionNotFound'; readonly details: object };

type Decide = Decider<Command, Event, State, Refusal>['decide'];
type DecisionOf = ReturnType<Decide>;

const open = ({ type: _, refreshHash, ...opened }: Opening, { status }: State): DecisionOf => {
  if (status !== 'Absent') return reject('SessionAlreadyOpen', {});
  const { sessionId, userId, expiresAt, at } = opened;
  return accept<Event>(
    { type: 'SessionOpened', data: opened },
    // Apart from the fact that others may know.
    { type: 'RefreshTokenIssued', data: { sessionId, userId, refreshHash, expiresAt, at } },
  );
};

const present = (command: Extract<Command, { presentedHash: string }>, state: State): DecisionOf => {
  const { at } = command;
  if (state.status !== 'Open' || epochOf(state.expiresAt) <= epochOf(at)) return reject('BadRefreshToken', {});
  const { sessionId, userId } = state;
  // Only its last token refreshes a session. An older one in circulation means that a token was stolen,
  // and nobody can tell the thief from the owner: both lose the session.
  if (command.presentedHash !== state.refreshHash) {
    return accept<Event>({ type: 'SessionRevoked', data: { sessionId, userId, reason: 'refresh-reuse', at } });
  }
  if (command.type === 'LogOut') return accept<Event>({ type: 'SessionRevoked', data: { sessionId, userId, reason: 'logout', at } });
  const { refreshHash } = command;
  // What still owes a factor cannot be kept alive without it.
  const expiresAt = state.owesSecondFactor ? state.expiresAt : command.expiresAt;
  return accept<Event>({ type: 'RefreshTokenIssued', data: { sessionId, userId, refreshHash, expiresAt, at } });
};

const decide: Decide = (command, state) => {
  if (command.type === 'Open') return open(command, state);
  if (command.type === 'Refresh' || command.type === 'LogOut') return present(command, state);
  // A session of somebody else is one that does not exist.
  if (state.status === 'Absent' || state.userId !== command.userId) return reject('SessionNotFound', {});
  const { sessionId, userId } = state;
  const { at } = command;
  if (command.type === 'Revoke') {
    if (state.status === 'Revoked') return accept();
    return accept<Event>({ type: 'SessionRevoked', data: { sessionId, userId, reason: command.reason, at } });
  }
  if (state.status === 'Revoked' || epochOf(state.expiresAt) <= epochOf(at)) return reject('SessionNotFound', {});
  if (!state.owesSecondFactor) return accept();
  return accept<Event>({ type: 'SessionCompleted', data: { sessionId, userId, expiresAt: command.expiresAt, at } });
};

const evolve = (state: State, event: Event): State => {
  const { sessionId, userId } = event.data;
  if (event.type === 'SessionRevoked') return { status: 'Revoked', sessionId, userId };
  const { expiresAt } = event.data;
  const before = state.status === 'Open' ? state : { owesSecondFactor: false, refreshHash: '' };
  switch (event.type) {
    case 'SessionOpened':
      return { ...before, status: 'Open', sessionId, userId, owesSecondFactor: event.data.owesSecondFactor, expiresAt };
    case 'RefreshTokenIssued':
      return { ...before, status: 'Open', sessionId, userId, refreshHash: event.data.refreshHash, expiresAt };
    case 'SessionCompleted':
      return { ...before, status: 'Open', sessionId, userId, owesSecondFactor: false, expiresAt };
  }
};

/** One login of one person, and the family of refresh tokens that follow each other in it. Stream `session-<id>`. */
export const Session: Decider<Command, Event, State, Refusal> = { initial: { status: 'Absent' }, decide, evolve };
