/** How many wrong tries are forgiven, and how dear the next ones are. */
export interface Patience {
  /** So many may fail before anybody has to wait. */
  readonly free: number;
  /** The wait after the next one; it doubles with each that follows. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** One failure is forgotten each time so much has passed. */
  readonly forgetMs: number;
}

/** What is remembered of whoever tries. Times are milliseconds since the epoch. */
export interface Tally {
  readonly failures: number;
  /** From when on the forgetting is counted. */
  readonly since: number;
  /** 0 where the last failure locked nobody out. */
  readonly lockedUntil: number;
}

export const blank: Tally = { failures: 0, since: 0, lockedUntil: 0 };

const longestDoubling = 30;

/** The wait after so many failures. */
export const waitOf = (failures: number, { free, firstMs, longestMs }: Patience): number =>
  failures <= free ? 0 : Math.min(longestMs, firstMs * 2 ** Math.min(failures - free - 1, longestDoubling));

/** How long until the next try is looked at; 0: now. */
export const waitLeft = ({ lockedUntil }: Tally, now: number): number => Math.max(0, lockedUntil - now);

/** What is left of the failures by now. */
export const remembered = ({ failures, since, lockedUntil }: Tally, now: number, { forgetMs }: Patience): Tally => {
  const forgotten = Math.min(failures, Math.max(0, Math.floor((now - since) / forgetMs)));
  return { failures: failures - forgotten, since: since + forgotten * forgetMs, lockedUntil };
};

/** One more that failed. What comes while it is locked is not looked at, so it does not come here: nobody is locked out by others for longer. */
export const failed = (tally: Tally, now: number, patience: Patience): Tally => {
  const known = remembered(tally, now, patience);
  const failures = known.failures + 1;
  const wait = waitOf(failures, patience);
  return { failures, since: known.failures === 0 ? now : known.since, lockedUntil: wait === 0 ? 0 : now + wait };
};

/** One that was counted and then never looked at. */
export const takenBack = ({ failures, since }: Tally, now: number): Tally => ({
  failures: Math.max(0, failures - 1),
  since,
  lockedUntil: now,
});

/** Nothing is remembered any more, so nothing need be kept. */
export const isBlank = (tally: Tally, now: number, patience: Patience): boolean =>
  remembered(tally, now, patience).failures === 0 && waitLeft(tally, now) === 0;
