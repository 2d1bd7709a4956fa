export interface BreakerPolicy {
  /** Failures in the window are looked at together. */
  readonly windowMs: number;
  /** So many of them, and at least so large a part of all, say that the target is broken. */
  readonly failures: number;
  readonly share: number;
  /** How long nobody is sent there the first time; it doubles each time the probe fails. */
  readonly restMs: number;
  readonly longestRestMs: number;
}

interface Tally {
  /** The window is cut into slices, so that it moves without every request being kept. */
  readonly slice: number;
  readonly failed: number;
  readonly all: number;
}

export type Breaker =
  | { readonly state: 'closed'; readonly tallies: readonly Tally[] }
  | { readonly state: 'open'; readonly until: number; readonly restMs: number }
  /** One request is on its way to find out; if it never reports, another may try at `until`. */
  | { readonly state: 'half-open'; readonly until: number; readonly restMs: number };

const slices = 10;

export const closedBreaker: Breaker = { state: 'closed', tallies: [] };

/** Whether a request may be sent there. */
export const lets = (breaker: Breaker, now: number): boolean => breaker.state === 'closed' || now >= breaker.until;

/** A request is sent there: the first one after the rest is the probe, and until it reports it stays the only one. */
export const sending = (breaker: Breaker, now: number): Breaker =>
  breaker.state === 'closed' ? breaker : { state: 'half-open', until: now + breaker.restMs, restMs: breaker.restMs };

const counted = (tallies: readonly Tally[], isFailure: boolean, { windowMs }: BreakerPolicy, now: number): readonly Tally[] => {
  const slice = Math.floor((now * slices) / windowMs);
  const recent = tallies.filter((tally) => tally.slice > slice - slices);
  const last = recent.at(-1);
  const failed = isFailure ? 1 : 0;
  if (last === undefined || last.slice < slice) return [...recent, { slice, failed, all: 1 }];
  return [...recent.slice(0, -1), { ...last, failed: last.failed + failed, all: last.all + 1 }];
};

const isBroken = (tallies: readonly Tally[], { failures, share }: BreakerPolicy): boolean => {
  const failed = tallies.reduce((sum, tally) => sum + tally.failed, 0);
  const all = tallies.reduce((sum, tally) => sum + tally.all, 0);
  return failed >= failures && failed >= share * all;
};

/**
 * A circuit breaker (Nygard, "Release It!"): closed until too much fails, open for a rest, then half-open for one probe. What answers while it is
 * not closed, the probe or one that was sent before, closes it; what fails then sends nobody there for longer.
 */
export const reported = (breaker: Breaker, isFailure: boolean, policy: BreakerPolicy, now: number): Breaker => {
  switch (breaker.state) {
    case 'closed': {
      const tallies = counted(breaker.tallies, isFailure, policy, now);
      if (!isBroken(tallies, policy)) return { state: 'closed', tallies };
      return { state: 'open', until: now + policy.restMs, restMs: policy.restMs };
    }
    case 'open':
      // Sent before it opened: a failure is no news.
      return isFailure ? breaker : closedBreaker;
    case 'half-open': {
      if (!isFailure) return closedBreaker;
      const restMs = Math.min(breaker.restMs * 2, policy.longestRestMs);
      return { state: 'open', until: now + restMs, restMs };
    }
  }
};
