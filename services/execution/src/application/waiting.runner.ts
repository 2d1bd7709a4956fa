import { instantOf } from '@orrery/contracts';
import { repeat, systemClock } from '@orrery/kernel';
import type { LiveScheduler } from '../domain/scheduling/live/live-scheduler.ts';
import { newsOf, type Wait } from '../domain/scheduling/live/waiting.ts';
import { ownContext } from './contexts.ts';
import type { Runs } from './runs.ts';

export interface WaitingParts {
  readonly scheduler: Pick<LiveScheduler, 'waits'>;
  readonly runs: Runs;
}

const everyMs = 1_500;
/** Told in one look: however long the queue, the log grows no faster by its waiting. */
const atOnce = 64;

/** Tells owners why their runs wait. */
export class WaitingRunner {
  private readonly parts: WaitingParts;
  private before: readonly Wait[] = [];

  constructor(parts: WaitingParts) {
    this.parts = parts;
  }

  async run(signal: AbortSignal): Promise<void> {
    await repeat(() => this.look(), { everyMs, signal });
  }

  private async look(): Promise<void> {
    const now = systemClock.now();
    const waits = this.parts.scheduler.waits(now);
    const news = newsOf(waits, { before: this.before, now, limit: atOnce });
    this.before = waits;
    // Whoever was placed meanwhile refuses: the engine hears of it as of everything.
    await Promise.all(
      news.map(({ runId, reason }) => this.parts.runs.tell(runId, { type: 'KeepWaiting', reason, at: instantOf(now) }, ownContext({}))),
    );
  }
}
