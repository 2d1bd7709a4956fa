import type { EventStore } from '@orrery/event-store';
import { type Place, type Recorded, repeat } from '@orrery/kernel';
import { TermOver } from '@orrery/process';
import type { Log } from '@orrery/telemetry';
import type { LiveMemory } from '../../domain/scheduling/live/live-scheduler.ts';
import { isOverTerm } from './decided.ts';
import { keepMemory, keyOf, type StepRef } from './memories.ts';

export interface MemoryParts {
  readonly pool: EventStore['pool'];
  readonly scheduler: { memory(): LiveMemory };
  readonly fence: bigint;
  readonly log: Log;
}

/** After so many facts, or so long after the last time: the next term reads no more facts of work that is over than come in between. */
const mostUnkept = 10_000;
const keepEveryMs = 15_000;
const lookEveryMs = 5_000;
/** Of what is heard at once, the log tells a moment later. If it tells this much too late, its place says too little. */
const mostAhead = 10_000;

/** Keeps what the scheduler knows of work that is over, for the term after this one. */
export class MemoryRunner {
  private readonly ahead = new Map<string, StepRef>();
  private unkept = 0;
  /** Soon after a term has begun it keeps what it knows: terms that end early leave no more and more to read. */
  private keptAt = Number.NEGATIVE_INFINITY;

  /** `place`: up to there the log has told, or will have before this runs. */
  constructor(
    private readonly parts: MemoryParts,
    private place: Place,
  ) {}

  /** The scheduler heard of this, from whomever. */
  heard({ stream, version }: StepRef): void {
    this.ahead.set(keyOf({ stream, version }), { stream, version });
  }

  /** The log told of these, the next ones in its order, and the scheduler has heard of them. */
  followed(facts: readonly Recorded[]): void {
    this.told(facts);
    this.unkept += facts.length;
    this.place = facts.at(-1)?.place ?? this.place;
  }

  /** The log need not tell of these any more. */
  told(facts: readonly StepRef[]): void {
    for (const fact of facts) this.ahead.delete(keyOf(fact));
  }

  async run(signal: AbortSignal): Promise<void> {
    await repeat(() => this.look(), { everyMs: lookEveryMs, signal });
  }

  private async look(): Promise<void> {
    const isDue = this.unkept >= mostUnkept || (this.unkept > 0 && performance.now() - this.keptAt >= keepEveryMs);
    if (isDue && this.ahead.size <= mostAhead) await this.keep();
  }

  private async keep(): Promise<void> {
    const { pool, scheduler, fence, log } = this.parts;
    const { place, unkept } = this;
    // Of one moment: nothing is heard in between.
    const kept = { place, ahead: [...this.ahead.values()], memory: scheduler.memory() };
    try {
      await keepMemory(pool, kept, fence);
    } catch (error) {
      if (isOverTerm(error)) throw new TermOver(error.message, { cause: error });
      // The next term then reads more facts; what is decided is none the worse.
      log.warn({ err: error }, 'what the scheduler remembers could not be kept; it is tried again');
      return;
    }
    this.unkept -= unkept;
    this.keptAt = performance.now();
  }
}
