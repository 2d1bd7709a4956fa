import { execution } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { type Bus, OfficeDesk } from '@orrery/messaging';
import type { Log } from '@orrery/telemetry';
import type { Consulted } from '../../domain/scheduling/explain/consulted.ts';
import { needOf } from '../../domain/scheduling/request-of.ts';
import { offeredTypes } from '../../views/available-types.ts';
import { Consultant } from './consultant.ts';

export interface ConsultationParts {
  readonly bus: Bus;
  readonly store: EventStore;
  readonly log: Log;
  readonly scheduler: Consulted;
}

/** Answered at the same time; each works in small pieces beside the scheduler. */
const concurrency = 2;
const queue = 32;

/** For as long as this process holds the scheduler it answers for it. Returns how to stop. */
export const beginConsultation = async ({ bus, store, log, scheduler }: ConsultationParts): Promise<() => Promise<void>> => {
  const offers = async () => (await offeredTypes(store.pool)).map(({ name, resources }) => ({ name, need: needOf(resources) }));
  const consultant = new Consultant({ scheduler, offers });
  const desk = new OfficeDesk({
    bus,
    concurrency,
    queue,
    onFault: ({ operation, correlationId, error }) => log.error({ err: error, operation, correlationId }, 'a question failed'),
  });
  desk.serve(execution.ConsultScheduler, (question) => consultant.answer(question));
  await desk.open();
  return () => desk.close();
};
