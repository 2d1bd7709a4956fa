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

/** For the owner of a run that waits. */
export const waitingInWords = (
  reason: execution.WaitingReason,
  machineType: string,
  { isSlice = false, nodes = 1 }: { readonly isSlice?: boolean; readonly nodes?: number } = {},
): string => {
  switch (reason) {
    case 'no-machine':
      if (nodes > 1) return `Too few connected machines offer ${machineType}: its ${nodes} members start as soon as there are enough.`;
      if (isSlice) return `No connected machine makes the slices of GPUs (MIG) that ${machineType} is: the run starts as soon as one does.`;
      return `No connected machine offers ${machineType}: the run starts as soon as one does.`;
    case 'closed':
      return `Every machine that offers ${machineType} is cordoned, offline or out of order: the run starts as soon as one takes work again.`;
    case 'group':
      return 'It is to be near the runs of a group, or apart from them, and no machine that could take it is: the run starts when that changes.';
    case 'all-busy':
      if (nodes > 1)
        return `Too few machines that offer ${machineType} have room at once: its ${nodes} members start together, as soon as there are enough.`;
      return `Every machine that offers ${machineType} is busy: the run starts as soon as one has room.`;
    case 'held-for-earlier':
      return 'The room that there is, is kept for runs that have waited longer.';
    case 'retry-later':
      return 'The last attempt could not be started: the next one follows in a moment.';
    case 'machine-away':
      return 'The machine that it is pinned to is not there, or takes nothing new: the run starts when that machine does.';
    case 'quota':
      return 'Your organization or project has as much as it may have at once: the run starts as soon as other work of it has ended.';
    case 'solid-ground':
      return 'It gave its place back as often as may be asked of it, and waits for room that nobody can reclaim.';
    case 'promised':
      return 'The room that there is, is kept whole for those who were promised it.';
    case 'preempting':
      return 'Other work has been told to make room for it: it starts in a moment.';
    case 'preempted':
      return 'It gave its place back, and starts again as soon as there is room.';
  }
};
