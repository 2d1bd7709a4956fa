import type { RequestContext } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { refuse } from '@orrery/messaging';
import type { Answer } from '../../domain/invites/invite.ts';
import { findById } from '../../views/people.view.ts';
import { callerOf } from '../caller.ts';

export type Addressee = Pick<Answer, 'userId' | 'email' | 'isEmailVerified'>;

/** The person who calls, as far as it matters to whom an invite is addressed. */
export const addresseeOf = async (store: EventStore, context: RequestContext): Promise<Addressee> => {
  const person = await findById(store, callerOf(context));
  if (!person) return refuse({ code: 'Unauthenticated', details: {} });
  return { userId: person.id, email: person.email, isEmailVerified: person.emailVerified };
};
