import type { execution } from '@orrery/contracts';

/** A request that a look at the whole picture found no place for, and why. */
export interface Wait {
  readonly runId: execution.RunId;
  readonly reason: execution.WaitingReason;
  /** What its owner was told last, when, and how often since it waits; null where that was nothing. */
  readonly told: { readonly reason: execution.WaitingReason; readonly at: number; readonly times: number } | null;
}

/** Reasons may take turns while others come and go; nobody needs to hear of each, and of a day's waiting about a dozen times. */
const retellMs = 30_000;

/**
 * What owners should hear now, those who wait longest first: a reason that also held at the look before, and is not what they were
 * told. Most requests are placed before a second look, and nothing is said of them.
 */
export const newsOf = (
  waits: readonly Wait[],
  { before, now, limit }: { readonly before: readonly Wait[]; readonly now: number; readonly limit: number },
): readonly Wait[] => {
  const reasons = new Map(before.map(({ runId, reason }) => [runId, reason]));
  const isNews = ({ runId, reason, told }: Wait): boolean =>
    reasons.get(runId) === reason && (told === null || (told.reason !== reason && now - told.at >= retellMs * 2 ** (told.times - 1)));
  return waits.filter(isNews).slice(0, limit);
};

/** For the owner of the run. */
export const waitingInWords = (reason: execution.WaitingReason, machineType: string, isSlice = false): string => {
  switch (reason) {
    case 'no-machine':
      if (isSlice) return `No connected machine makes the slices of GPUs (MIG) that ${machineType} is: the run starts as soon as one does.`;
      return `No connected machine offers ${machineType}: the run starts as soon as one does.`;
    case 'all-busy':
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
