import type { Instant, identity, UserId } from '@orrery/contracts';
import { accept, type Decider, type Decision, reject } from '@orrery/kernel';

export type Command =
  | {
      readonly type: 'Grant';
      readonly grantId: string;
      readonly appId: identity.OauthAppId;
      readonly userId: UserId;
      readonly scopes: readonly identity.OauthScope[];
      readonly at: Instant;
    }
  /** Undefined: the platform itself ends it. */
  | { readonly type: 'End'; readonly userId: UserId | undefined; readonly at: Instant };

export type Event = Extract<identity.IdentityEvent, { type: 'OauthGranted' | 'OauthGrantEnded' }>;

interface Known {
  readonly grantId: string;
  readonly appId: identity.OauthAppId;
  readonly userId: UserId;
}

export type State = { readonly status: 'Absent' } | (Known & { readonly status: 'Granted' | 'Ended'; readonly scopes: string });

export type Refusal = { readonly code: 'OauthGrantNotFound'; readonly details: object };

const textOf = (scopes: readonly string[]): string => [...scopes].sort().join(' ');

const decide = (command: Command, state: State): Decision<Event, Refusal> => {
  if (command.type === 'Grant') {
    const { grantId, appId, userId, scopes, at } = command;
    if (state.status === 'Ended') return reject('OauthGrantNotFound', {});
    if (state.status === 'Granted' && (state.userId !== userId || state.appId !== appId)) return reject('OauthGrantNotFound', {});
    if (state.status === 'Granted' && state.scopes === textOf(scopes)) return accept();
    return accept<Event>({ type: 'OauthGranted', data: { grantId, appId, userId, scopes: [...scopes], at } });
  }
  // What somebody else let an application do is nothing to the one who asks.
  if (state.status === 'Absent' || (command.userId !== undefined && command.userId !== state.userId))
    return reject('OauthGrantNotFound', {});
  if (state.status === 'Ended') return accept();
  const { grantId, appId, userId } = state;
  return accept<Event>({ type: 'OauthGrantEnded', data: { grantId, appId, userId, at: command.at } });
};

const evolve = (state: State, { type, data: { grantId, appId, userId, ...more } }: Event): State => {
  if (type === 'OauthGranted') {
    return { status: 'Granted', grantId, appId, userId, scopes: 'scopes' in more ? textOf(more.scopes) : '' };
  }
  return { status: 'Ended', grantId, appId, userId, scopes: state.status === 'Absent' ? '' : state.scopes };
};

/** What one person lets one application do. Stream `oauth-grant-<id>`. */
export const OauthGrant: Decider<Command, Event, State, Refusal> = { initial: { status: 'Absent' }, decide, evolve };
