import { Controller } from '@nestjs/common';
import { type InputOf, identity, instantOf, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { callerOf } from '../application/caller.ts';
import { apiKeys } from './keys/api-keys.view.ts';
import { findById, userView } from './people.view.ts';

@Controller()
export class ViewsHandler {
  constructor(private readonly store: EventStore) {}

  @Serves(identity.GetMe)
  async me(_: InputOf<typeof identity.GetMe>, context: RequestContext): Promise<OutputOf<typeof identity.GetMe>> {
    const person = await findById(this.store, callerOf(context));
    if (!person) return refuse({ code: 'UserNotFound', details: {} });
    const keys = this.store.read(apiKeys);
    const [forEver, forNow] = await Promise.all([
      keys.count({ userId: person.id, isActive: true, expiresAt: null }),
      keys.count({ userId: person.id, isActive: true, expiresAt: { gt: instantOf(systemClock.now()) } }),
    ]);
    return { ...userView(person), activeApiKeys: forEver + forNow };
  }
}
