import type { inference } from '@orrery/contracts';

const dayMs = 86_400_000;

/** What began before that moment is not kept any more, as its organization wishes now: whoever wants nothing kept loses what was. */
export const contentSince = ({ logging }: Pick<inference.InferenceSettings, 'logging'>, now: number): number =>
  logging.policy === 'full' ? now - logging.retentionDays * dayMs : Number.POSITIVE_INFINITY;

export interface LogRetention {
  /** Of a line of the inference log. */
  readonly logDays: number;
  /** Of a request of which nothing is to be logged: until its charge was compared with the ledger. */
  readonly billingDays: number;
}

/** A clock of ours may be behind that of another. */
const marginMs = 3_600_000;

/** Since when requests must have been settled to be kept. */
export const keptSince = ({ logDays, billingDays }: LogRetention, now: number) => ({
  logged: now - logDays * dayMs,
  unlogged: now - billingDays * dayMs,
});

/**
 * Whether a request that is told now may have been told before and deleted since: nobody could say that it was charged. Lines are deleted by the same
 * clock that is read here, but not at the same moment.
 */
export const isTooLate = (
  { isLogged, settledAt }: { readonly isLogged: boolean; readonly settledAt: number },
  retention: LogRetention,
  now: number,
): boolean => {
  const { logged, unlogged } = keptSince(retention, now);
  return settledAt < (isLogged ? logged : unlogged) + marginMs;
};
