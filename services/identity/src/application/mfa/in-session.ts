import { identity, type RequestContext, UserId } from '@orrery/contracts';
import { refuse } from '@orrery/messaging';

export interface InSession {
  readonly userId: UserId;
  readonly sessionId: identity.SessionId;
}

/** The person behind the request and their session, whether it owes a second factor or not. */
export const inSession = ({ principal }: RequestContext): InSession => {
  if ((principal.kind === 'user' || principal.kind === 'pending') && principal.sessionId !== undefined) {
    return { userId: UserId.parse(principal.id), sessionId: identity.SessionId.parse(principal.sessionId) };
  }
  return refuse({ code: 'Unauthenticated', details: {} });
};

/** What a challenge of this session is bound to. */
export const holderOf = ({ userId, sessionId }: InSession): string => `${userId}\n${sessionId}`;
