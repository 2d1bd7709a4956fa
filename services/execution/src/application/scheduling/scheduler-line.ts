import { execution, type RequestContext, type RequestOf } from '@orrery/contracts';
import { type Bus, DeadlineExceeded, refuse, ServiceUnavailable } from '@orrery/messaging';
import { z } from 'zod';

/** By then another process has usually taken the office over. */
const changingMs = 2_000;
const busyMs = 1_000;

/** The way to the process that holds the scheduler, whichever that is now. */
export class SchedulerLine {
  constructor(private readonly bus: Bus) {}

  async ask(question: RequestOf<typeof execution.ConsultScheduler>, context: RequestContext): Promise<unknown> {
    // Who may ask was judged already; the answer is the same for everybody.
    const own = { ...context, principal: { kind: 'service', name: 'execution' } } as const;
    try {
      const outcome = await this.bus.ask(execution.ConsultScheduler, question, own);
      if (outcome.accepted) return known(question, outcome.value.answer);
      return outcome.rejection.code === 'Overloaded' ? busy() : refuse(outcome);
    } catch (error) {
      if (error instanceof ServiceUnavailable) return refuse({ code: 'SchedulerChangingHands', details: { retryAfterMs: changingMs } });
      return error instanceof DeadlineExceeded ? busy() : rethrow(error);
    }
  }
}

const TooLarge = z.object({ isTooLarge: z.literal(true), limit: z.int() });

/** Of a request that waits there is something to be said all the same. */
const known = ({ about }: { readonly about: string }, answer: unknown): unknown => {
  const { data } = about === 'request' ? {} : TooLarge.safeParse(answer);
  return data ? refuse({ code: 'SchedulerTooLarge', details: { limit: data.limit } }) : answer;
};

const busy = (): never => refuse({ code: 'SchedulerBusy', details: { retryAfterMs: busyMs } });

const rethrow = (error: unknown): never => {
  throw error;
};
