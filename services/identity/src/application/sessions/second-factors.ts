import type { UserId } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { mfaOf } from '../../views/mfa/mfa.view.ts';

/** Says whether a person owes a second factor after the first. */
export class SecondFactors {
  constructor(private readonly store: EventStore) {}

  async isOwedBy(userId: UserId): Promise<boolean> {
    return (await mfaOf(this.store, userId)).isEnabled;
  }
}
