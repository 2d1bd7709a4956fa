import { instantOf, type RequestContext, type UserId } from '@orrery/contracts';
import { type EventStore, type Handle, handleWith } from '@orrery/event-store';
import { fold, systemClock } from '@orrery/kernel';
import { refuse } from '@orrery/messaging';
import {
  type Command,
  Administrators as Decider,
  type Event,
  type Refusal,
  type State,
} from '../../domain/administrators/administrators.ts';
import { findById } from '../../views/people.view.ts';
import type { Snapshots } from '../snapshots.ts';
import { type Part, part, within } from '../together.ts';

export const administratorsStream = 'administrators';
const now = () => instantOf(systemClock.now());

type Reason = Extract<Command, { type: 'Dismiss' }>['reason'];

/** People who may do what the operator may. Gateways are told before anything is answered. */
export class Administrators {
  private readonly handle: Handle<Command, Event, State, Refusal>;

  constructor(
    private readonly store: EventStore,
    private readonly snapshots: Snapshots,
  ) {
    this.handle = handleWith(store, Decider, { name: 'administrators' });
  }

  /** To be committed with what makes the person known; then `snapshots.membersChanged`. */
  appointing(userId: UserId, which: 'first' | 'another'): Part {
    return part(Decider, administratorsStream, { type: which === 'first' ? 'AppointFirst' : 'Appoint', userId, at: now() });
  }

  /** To be committed with what ends the account, of whomever it is: refuses where it is the last administrator's. */
  dismissing(userId: UserId, reason: Reason): Part {
    return part(Decider, administratorsStream, { type: 'Dismiss', userId, reason, at: now() });
  }

  /** For what cannot be taken back, and begins before it is committed. */
  async assertNotLast(userId: UserId): Promise<void> {
    const { people } = fold(Decider, await this.store.happened<Event>(administratorsStream));
    if (people.length === 1 && people[0] === userId) refuse({ code: 'LastAdministrator', details: {} });
  }

  async appoint(userId: UserId, context: RequestContext): Promise<void> {
    const person = await findById(this.store, userId);
    if (!person) return refuse({ code: 'UserNotFound', details: {} });
    if (!person.isActive) refuse({ code: 'UserDeactivated', details: {} });
    await this.tell({ type: 'Appoint', userId, at: now() }, context);
    // Closed meanwhile: whoever closed it may not have seen this appointment, and looks again as we do. One of us comes last.
    if ((await findById(this.store, userId))?.isActive === true) return;
    await this.forget(userId, 'account-closed', within(context, 'forget'));
    refuse({ code: 'UserDeactivated', details: {} });
  }

  async dismiss(userId: UserId, context: RequestContext): Promise<void> {
    if (!(await findById(this.store, userId))) refuse({ code: 'UserNotFound', details: {} });
    if (isThemselves(userId, context)) refuse({ code: 'OwnAccount', details: {} });
    await this.tell({ type: 'Dismiss', userId, reason: 'dismissed', at: now() }, context);
  }

  /** Whoever was appointed while their account was closed or deleted. */
  async forget(userId: UserId, reason: Reason, context: RequestContext): Promise<void> {
    await this.tell({ type: 'Forget', userId, reason, at: now() }, context);
  }

  private async tell(command: Command, context: RequestContext): Promise<void> {
    const { type, userId } = command;
    refuse(await this.handle(administratorsStream, command, context, { input: { type, userId } }));
    await this.snapshots.membersChanged(userId);
  }
}

/** Whether an administrator asks for something that is about themselves. */
export const isThemselves = (userId: UserId, { principal }: Pick<RequestContext, 'principal'>): boolean =>
  principal.kind === 'operator' && principal.id === userId;
