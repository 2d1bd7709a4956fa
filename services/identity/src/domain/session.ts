import { epochOf, type Instant, type identity, type UserId } from '@orrery/contracts';
import { accept, type Decider, reject } from '@orrery/kernel';

export type Command =
  | {
      readonly type: 'Open';
      readonly sessionId: identity.SessionId;
      readonly userId: UserId;
      readonly refreshHash: string;
      readonly expiresAt: Instant;
      readonly at: Instant;
    }
  | {
      readonly type: 'Refresh';
      /** Hash of the token that was presented, and of the one that replaces it. */
      readonly presentedHash: string;
      readonly refreshHash: string;
      readonly expiresAt: Instant;
      readonly at: Instant;
    }
  | { readonly type: 'LogOut'; readonly presentedHash: string; readonly at: Instant };

export type Event = Extract<identity.IdentityEvent, { type: `Session${string}` }>;

interface Known {
  readonly sessionId: identity.SessionId;
  readonly userId: UserId;
}

export type State =
  | { readonly status: 'Absent' }
  | (Known & { readonly status: 'Open'; readonly refreshHash: string; readonly expiresAt: Instant })
  | (Known & { readonly status: 'Revoked' });

export type Refusal = { readonly code: 'SessionAlreadyOpen' | 'BadRefreshToken'; readonly details: object };

const decide: Decider<Command, Event, State, Refusal>['decide'] = (command, state) => {
  if (command.type === 'Open') {
    if (state.status !== 'Absent') return reject('SessionAlreadyOpen', {});
    const { type: _, ...data } = command;
    return accept<Event>({ type: 'SessionOpened', data });
  }
  if (state.status !== 'Open' || epochOf(state.expiresAt) <= epochOf(command.at)) return reject('BadRefreshToken', {});
  const { sessionId, userId } = state;
  const { at } = command;
  // Only its last token refreshes a session. An older one in circulation means that a token was stolen,
  // and nobody can tell the thief from the owner: both lose the session.
  if (command.presentedHash !== state.refreshHash) {
    return accept<Event>({ type: 'SessionRevoked', data: { sessionId, userId, reason: 'refresh-reuse', at } });
  }
  switch (command.type) {
    case 'Refresh': {
      const { refreshHash, expiresAt } = command;
      return accept<Event>({ type: 'SessionRefreshed', data: { sessionId, userId, refreshHash, expiresAt, at } });
    }
    case 'LogOut':
      return accept<Event>({ type: 'SessionRevoked', data: { sessionId, userId, reason: 'logout', at } });
  }
};

const evolve = (_: State, event: Event): State => {
  const { sessionId, userId } = event.data;
  switch (event.type) {
    case 'SessionOpened':
    case 'SessionRefreshed':
      return { status: 'Open', sessionId, userId, refreshHash: event.data.refreshHash, expiresAt: event.data.expiresAt };
    case 'SessionRevoked':
      return { status: 'Revoked', sessionId, userId };
  }
};

/** One login of one person, and the family of refresh tokens that follow each other in it. Stream `session-<id>`. */
export const Session: Decider<Command, Event, State, Refusal> = { initial: { status: 'Absent' }, decide, evolve };
