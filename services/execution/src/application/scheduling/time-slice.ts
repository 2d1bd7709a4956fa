import { setImmediate as nextTurn } from 'node:timers/promises';

/** So long nothing else of the process has its turn. */
const turnMs = 8;

/** Long work in small pieces: the scheduler of the same process goes on between them. */
export class TimeSlice {
  private readonly until: number;
  private turnEndsAt = performance.now() + turnMs;

  constructor(ms: number) {
    this.until = performance.now() + ms;
  }

  get isOver(): boolean {
    return performance.now() >= this.until;
  }

  /** Called between two pieces. */
  async rest(): Promise<void> {
    if (performance.now() < this.turnEndsAt) return;
    await nextTurn();
    this.turnEndsAt = performance.now() + turnMs;
  }
}
