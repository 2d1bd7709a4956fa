import { randomUUID } from 'node:crypto';
import { identity } from '@orrery/contracts';
import type { Bus } from '@orrery/messaging';
import { Failed, refusal } from './failure.ts';

const askMs = 5_000;

/** What was sent by e-mail, or would have been: for whoever develops and has no mailbox. */
export const readOutbox = async (bus: Bus, to: string | undefined): Promise<unknown> => {
  const id = randomUUID();
  const outcome = await bus.ask(identity.ReadOutbox, to === undefined ? {} : { to: to.slice(0, 254) }, {
    principal: { kind: 'service', name: 'gateway' },
    commandId: id,
    idempotent: false,
    correlationId: id,
    causationId: id,
    deadlineAt: Date.now() + askMs,
  });
  if (outcome.accepted) return outcome.value;
  throw new Failed(refusal(identity.ReadOutbox, outcome.rejection));
};
