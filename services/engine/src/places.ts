import { Refused } from './wire/refused.ts';

interface Waiting {
  readonly enter: () => void;
}

export interface PlacesOptions {
  /** How many are inside at once. */
  readonly width: number;
  /** How many more may wait. */
  readonly queue: number;
  readonly waitMs: number;
}

const busy = (why: string): Refused =>
  new Refused({ status: 503, type: 'server_error', code: 'engine_overloaded', message: why, retryAfterSeconds: 1 });

/** Lets so many in at once and so many wait, in the order in which they came, and not for ever. Who leaves while waiting takes no turn. */
export class Places {
  private inside = 0;
  private readonly waiting: Waiting[] = [];
  private isClosed = false;

  constructor(private readonly options: PlacesOptions) {}

  get counts(): { readonly busy: number; readonly waiting: number } {
    return { busy: this.inside, waiting: this.waiting.length };
  }

  /** Nobody comes in any more; those who wait are sent away. */
  close(): void {
    this.isClosed = true;
    for (const each of this.waiting.splice(0)) each.enter();
  }

  async within<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.enter(signal);
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next.enter();
      else this.inside -= 1;
    }
  }

  private async enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.isClosed) throw busy('This engine is stopping.');
    if (this.inside < this.options.width) {
      this.inside += 1;
      return;
    }
    if (this.waiting.length >= this.options.queue) throw busy('Too many requests wait already. Try again in a moment.');
    await this.turn(signal);
  }

  /** Who is called in takes over the place of the one that leaves. */
  private turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (then: () => void): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', left);
        const at = this.waiting.indexOf(waiting);
        if (at >= 0) this.waiting.splice(at, 1);
        then();
      };
      const enter = (): void => settle(() => (this.isClosed ? reject(busy('This engine is stopping.')) : resolve()));
      const waiting: Waiting = { enter };
      const left = (): void => settle(() => reject(signal.reason));
      const timer = setTimeout(() => settle(() => reject(busy('No turn came in time. Try again in a moment.'))), this.options.waitMs);
      signal.addEventListener('abort', left, { once: true });
      this.waiting.push(waiting);
    });
  }
}
