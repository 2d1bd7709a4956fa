import type { execution } from '@orrery/contracts';

/** A request that a look at the whole picture found no place for, and why. */
export interface Wait {
  readonly runId: execution.RunId;
  readonly reason: execution.WaitingReason;
  /** What its owner was told last, when, and how often since it waits; null where that was nothing. */
  readonly told: { readonly reason: execution.WaitingReason; readonly at: number; readonly times: number } | null;
}

/** Reasons may take turns while others come and go; nobody needs to hear of each, and of a day's waiting about a dozen times. */
const retellMs = 30_000;

/**
 * What owners should hear: a reason that also held when all were looked at before, and is not what they were told. Most requests are
 * placed before a second look, and nothing is said of them.
 */
const isNews = ({ reason, told }: Wait, before: Wait['reason'] | undefined, now: number): boolean =>
  reason === before && (told === null || (told.reason !== reason && now - told.at >= retellMs * 2 ** (told.times - 1)));

/** Goes round all that wait, so many at a look: however long the queue, a look takes no longer. */
export class WaitingRounds {
  private wait: Iterator<Wait, void> | undefined;
  private before = new Map<string, Wait['reason']>();
  private current = new Map<string, Wait['reason']>();

  constructor(
    private readonly waits: () => Iterator<Wait, void>,
    private readonly limits: { readonly looks: number; readonly news: number },
  ) {}

  look(now: number): readonly Wait[] {
    const news: Wait[] = [];
    this.wait ??= this.waits();
    for (let looked = 0; looked < this.limits.looks && news.length < this.limits.news; looked += 1) {
      const { value } = this.wait.next();
      if (!value) return this.end(news);
      this.current.set(value.runId, value.reason);
      if (isNews(value, this.before.get(value.runId), now)) news.push(value);
    }
    return news;
  }

  private end(news: readonly Wait[]): readonly Wait[] {
    this.wait = undefined;
    this.before = this.current;
    this.current = new Map();
    return news;
  }
}
