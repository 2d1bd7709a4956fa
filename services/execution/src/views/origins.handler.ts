import { Controller } from '@nestjs/common';
import { execution, type InputOf, type OutputOf } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { Serves } from '@orrery/messaging';

/** For the audit trail. */
@Controller()
export class OriginsHandler {
  constructor(private readonly store: EventStore) {}

  @Serves(execution.ReadOrigins)
  async read({ ids }: InputOf<typeof execution.ReadOrigins>): Promise<OutputOf<typeof execution.ReadOrigins>> {
    return { items: [...(await this.store.originsOf(ids))] };
  }
}
