/** A moment of this machine's own clock since it booted: no wall clock, no skew. */
export interface Moment {
  readonly uptimeMs: number;
  readonly bootId: string;
}

/** What the platform granted last. It counted from when it heard the beat, so counting from when the beat was sent ends no later. */
export interface Lease {
  readonly beatSentAt: Moment | undefined;
  readonly leaseMs: number;
}

const since = (moment: Moment | undefined, now: Moment): number =>
  moment === undefined || moment.bootId !== now.bootId ? Number.POSITIVE_INFINITY : now.uptimeMs - moment.uptimeMs;

/** Milliseconds that an attempt may still live: from the last beat the platform accepted, or from its own acceptance if that was later. */
export const leaseLeftMs = ({ beatSentAt, leaseMs }: Lease, acceptedAt: Moment, now: Moment): number =>
  leaseMs - Math.min(since(beatSentAt, now), since(acceptedAt, now));
