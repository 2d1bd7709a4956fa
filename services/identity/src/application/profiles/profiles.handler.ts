import { Controller } from '@nestjs/common';
import { type InputOf, identity, instantOf, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore, handleWith } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { Profile } from '../../domain/profiles/profile.ts';
import { callerOf } from '../caller.ts';

@Controller()
export class ProfilesHandler {
  private readonly profile;

  constructor(store: EventStore) {
    this.profile = handleWith(store, Profile, { name: 'profile' });
  }

  @Serves(identity.ChooseOccupation)
  async choose(
    { occupation }: InputOf<typeof identity.ChooseOccupation>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.ChooseOccupation>> {
    const userId = callerOf(context);
    const command = { type: 'Choose', userId, occupation, at: instantOf(systemClock.now()) } as const;
    refuse(await this.profile(`profile-${userId}`, command, context, { input: { occupation } }));
    return { occupation };
  }
}
