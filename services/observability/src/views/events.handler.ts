import { Controller } from '@nestjs/common';
import { type InputOf, type OutputOf, observability, type RequestContext } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { refuse, Serves } from '@orrery/messaging';
import { listEvents } from './event-index.ts';

@Controller()
export class EventsHandler {
  constructor(private readonly store: EventStore) {}

  @Serves(observability.ListEvents)
  list(input: InputOf<typeof observability.ListEvents>, { orgId }: RequestContext): Promise<OutputOf<typeof observability.ListEvents>> {
    return listEvents(this.store, orgId ?? refuse({ code: 'Forbidden', details: { needs: 'an organization' } }), input);
  }
}
