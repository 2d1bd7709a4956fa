/** How patient the platform is with machines, in milliseconds. */
export interface Patience {
  /** A machine unheard for this long is offline: nothing new is placed there. */
  readonly silenceMs: number;
  /** From a beat on, a machine may hold its attempts for this long without another. */
  readonly leaseMs: number;
}

/** Whoever was deaf gives the machines this much of the silence to be heard before judging them: two beats and some. */
const hearingShare = 0.4;
/** One beat may have been written before an attempt was accepted and read after; a later one, after this share, is proof. */
const missingShare = 0.25;

/** Silence counts only while somebody listened. */
export const isSilent = (silentForMs: number, listenedForMs: number, { silenceMs }: Patience): boolean =>
  Math.min(silentForMs, listenedForMs) > silenceMs;

/** An expired lease counts only after its machine had the chance to renew it. */
export const isExpired = (overdueMs: number, listenedForMs: number, { silenceMs }: Patience): boolean =>
  overdueMs > 0 && listenedForMs > silenceMs * hearingShare;

/** For this long after a run has ended, a beat from before its end may still be on its way. */
export const settlingMs = ({ silenceMs }: Patience): number => silenceMs * missingShare;

/** An attempt that beats have lacked for this long is gone. */
export const isGone = (missingForMs: number, { silenceMs }: Patience): boolean => missingForMs >= silenceMs * missingShare;

/** A machine that takes an attempt does so within this time of being offered it; so a lease must outlast the offer by a whole lease. */
export const offerMs = 4_000;
