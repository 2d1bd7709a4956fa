import type { execution, Instant } from '@orrery/contracts';
import type { DataOf } from './run-facts.ts';

/** For the owner of a run that gives its place back. */
export const preemptionInWords = (reason: execution.PreemptionReason, because: string | null = null): string => {
  const again = 'It waits again, in its old place in the queue, and the time of this attempt is not billed.';
  switch (reason) {
    case 'reclaim':
      return `It had more than its organization is guaranteed, and somebody claims what is theirs. ${again}`;
    case 'higher-level':
      return `It was on room that others left unused, and work with a better claim needs it. ${again}`;
    case 'own-org':
      return `It may be preempted, and work of its own organization that may not needs the room. ${again}`;
    case 'drain':
      return `Its machine is taken out of service. ${again}`;
    case 'gang':
      return `${because ?? 'Another member of its gang lost its machine.'} All members start again together. ${again}`;
  }
};

export const reservationInWords = (reason: DataOf<'ReservationMade'>['reason'], startsAt: Instant): string =>
  reason === 'preemption'
    ? `Room is being made for it: it starts at ${startsAt} at the latest.`
    : `It is the first of its queue: machines are kept for it from ${startsAt} on, at the latest.`;
