/** A machine unheard for this long is offline: nothing new is placed there. */
export const silenceMs = 30_000;
/** From a beat on, a machine may hold its attempts for this long without another. */
export const leaseMs = 60_000;
/** Whoever was deaf gives the machines this long to be heard before judging them: two beats and some. */
export const hearingGraceMs = 12_000;

/** Silence counts only while somebody listened. */
export const isSilent = (lastSeenAt: number, listeningSince: number, now: number): boolean =>
  now - Math.max(lastSeenAt, listeningSince) > silenceMs;

/** An expired lease counts only after its machine had the chance to renew it. */
export const isExpired = (leaseExpiresAt: number, listeningSince: number, now: number): boolean =>
  now > Math.max(leaseExpiresAt, listeningSince + hearingGraceMs);
