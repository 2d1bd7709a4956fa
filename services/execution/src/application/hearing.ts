/** Since when this process has listened without a break: what others did not say before that is nobody's fault but ours. */
export class Hearing {
  private since: number;
  private last: number;
  private readonly now: () => number;
  private readonly longestGapMs: number;

  constructor(longestGapMs: number, now: () => number = () => performance.now()) {
    this.now = now;
    this.longestGapMs = longestGapMs;
    this.since = now();
    this.last = this.since;
  }

  /** Called at every look around; a look that comes late, or finds the bus away, begins anew. Answers for how long we listened. */
  tick(isConnected: boolean): number {
    const now = this.now();
    if (!isConnected || now - this.last > this.longestGapMs) this.since = now;
    this.last = now;
    return now - this.since;
  }
}
