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
