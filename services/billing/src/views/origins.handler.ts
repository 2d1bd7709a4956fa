import { Controller } from '@nestjs/common';
import { billing, type InputOf, type OutputOf } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { Serves } from '@orrery/messaging';

/** For the audit trail. */
@Controller()
export class OriginsHandler {
  constructor(private readonly store: EventStore) {}

  @Serves(billing.ReadOrigins)
  async read({ ids }: InputOf<typeof billing.ReadOrigins>): Promise<OutputOf<typeof billing.ReadOrigins>> {
    return { items: [...(await this.store.originsOf(ids))] };
  }
}
