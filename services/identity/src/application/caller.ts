import { identity, OrgId, type Principal, personOf, type RequestContext, UserId } from '@orrery/contracts';
import { refuse } from '@orrery/messaging';

/** The person behind the request; the access of the operation has made sure that there is one. */
export const callerOf = ({ principal }: RequestContext): UserId => {
  const person = UserId.safeParse(personOf(principal));
  if (!person.success && principal.kind === 'app') return refuse({ code: 'Forbidden', details: { needs: 'a person' } });
  return person.success ? person.data : refuse({ code: 'Unauthenticated', details: {} });
};

/** The organization of the request, that the gateway resolved and whose membership it verified. */
export const orgOf = ({ orgId }: RequestContext): OrgId => {
  const org = OrgId.safeParse(orgId);
  return org.success ? org.data : refuse({ code: 'Forbidden', details: { needs: 'an organization' } });
};

/** The same where a key will not do. */
export const signedInOf = (context: RequestContext): UserId =>
  context.principal.kind === 'user' ? callerOf(context) : refuse({ code: 'Forbidden', details: { needs: 'a signed-in person' } });

/** The session of the request; a key and a service have none. */
export const sessionOf = (principal: Principal): identity.SessionId | undefined => {
  const found = principal.kind === 'user' || principal.kind === 'pending' ? principal.sessionId : undefined;
  return found === undefined ? undefined : identity.SessionId.parse(found);
};
