import { instantOf } from '@orrery/contracts';
import { repeat, systemClock } from '@orrery/kernel';
import type { LiveScheduler } from '../domain/scheduling/live/live-scheduler.ts';
import { WaitingRounds } from '../domain/scheduling/live/waiting.ts';
import { ownContext } from './contexts.ts';
import type { Runs } from './runs.ts';

export interface WaitingParts {
  readonly scheduler: Pick<LiveScheduler, 'waits'>;
  readonly runs: Runs;
}

const everyMs = 1_500;
/** In one look: however long the queue, the log grows no faster by its waiting, and deciding waits no longer for it. */
const limits = { looks: 5_000, news: 64 };

/** Tells owners why their runs wait. */
export class WaitingRunner {
  private readonly parts: WaitingParts;
  private readonly rounds: WaitingRounds;

  constructor(parts: WaitingParts) {
    this.parts = parts;
    this.rounds = new WaitingRounds(() => parts.scheduler.waits(), limits);
  }

  async run(signal: AbortSignal): Promise<void> {
    await repeat(() => this.look(), { everyMs, signal });
  }

  private async look(): Promise<void> {
    const now = systemClock.now();
    const news = this.rounds.look(now);
    // Whoever was placed meanwhile refuses: the engine hears of it as of everything.
    await Promise.all(
      news.map(({ runId, reason }) => this.parts.runs.tell(runId, { type: 'KeepWaiting', reason, at: instantOf(now) }, ownContext({}))),
    );
  }
}
