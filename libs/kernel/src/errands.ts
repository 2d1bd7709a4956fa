import { type BackOff, pauseOf } from './back-off.ts';
import { Bell } from './bell.ts';
import { Turnstile } from './turnstile.ts';

/** `done`: nothing is due. `more`: look at once again. `again`: what is due failed, and is tried later. */
export type Step = 'done' | 'more' | 'again';

export interface ErrandsOptions<K extends string> {
  /** Does the next thing that is due for a key; what it throws counts as `again`. */
  readonly step: (key: K) => Promise<Step>;
  readonly failed: (error: unknown, key: K) => void;
  readonly backOff: BackOff;
  /** Steps at the same time. */
  readonly width: number;
}

/** Sees to each key, one step at a time, until nothing is due; what fails is tried again after a pause, and news need not wait for it. */
export class Errands<K extends string = string> {
  private readonly options: ErrandsOptions<K>;
  private readonly turnstile: Turnstile;
  private readonly bells = new Map<K, Bell>();
  private readonly underWay = new Set<Promise<void>>();
  private isStopped = false;

  constructor(options: ErrandsOptions<K>) {
    this.options = options;
    this.turnstile = new Turnstile(options.width);
  }

  /** Something is due for this key, or may be. */
  attend(key: K): void {
    if (this.isStopped) return;
    const known = this.bells.get(key);
    if (known) {
      known.ring();
      return;
    }
    const bell = new Bell();
    this.bells.set(key, bell);
    const work = this.work(key, bell).finally(() => this.underWay.delete(work));
    this.underWay.add(work);
  }

  /** What failed may go well now. */
  hurry(): void {
    for (const bell of this.bells.values()) bell.ring();
  }

  /** Resolves when no step is under way any more; none begins from now on. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.hurry();
    await Promise.all(this.underWay);
  }

  private async work(key: K, bell: Bell): Promise<void> {
    for (let failures = 0; !this.isStopped; ) {
      const step = await this.step(key);
      if (step === 'done' && !bell.heard()) break;
      failures = step === 'again' ? failures + 1 : 0;
      if (step === 'again' && (await bell.wait(pauseOf(failures, this.options.backOff)))) failures = 0;
    }
    // In the same turn as the last look: who attends from here on begins anew.
    this.bells.delete(key);
  }

  private async step(key: K): Promise<Step> {
    try {
      return await this.turnstile.pass(async () => (this.isStopped ? 'done' : await this.options.step(key)));
    } catch (error) {
      this.options.failed(error, key);
      return 'again';
    }
  }
}
