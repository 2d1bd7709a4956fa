import { execution } from '@orrery/contracts';
import { type Log, metrics } from '@orrery/telemetry';
import type { Attempts } from '../attempts/attempts.ts';
import type { Pulse } from '../domain/end.ts';
import type { Platform } from './platform.ts';
import type { PulseKeeper } from './pulse.ts';

export interface BeatsOptions {
  readonly platform: Platform;
  readonly attempts: Attempts;
  readonly pulse: PulseKeeper;
  readonly now: () => Pulse;
  /** What the machine has now. */
  readonly facts: () => execution.WorkerFacts;
  readonly log: Log;
  readonly everyMs: number;
}

const fenceEveryMs = 500;

/** Tells the platform every few seconds what lives here, does what it answers, and kills what it can no longer answer for. */
export class Beats {
  readonly #options: BeatsOptions;
  #timers: NodeJS.Timeout[] = [];
  #isBeating = false;
  #toldFacts: string | undefined;
  #acceptedAt = Number.NEGATIVE_INFINITY;
  #silence: string | undefined;

  constructor(options: BeatsOptions) {
    this.#options = options;
  }

  start(): void {
    const { everyMs, attempts, pulse } = this.#options;
    const fence = (): void => attempts.fence(pulse.lease);
    this.#timers = [setInterval(() => void this.beat(), everyMs), setInterval(fence, Math.min(fenceEveryMs, everyMs))];
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** The platform has heard of this machine lately. */
  get isHeard(): boolean {
    return performance.now() - this.#acceptedAt < 3 * this.#options.everyMs;
  }

  /** Why the last beat was not accepted. */
  get silence(): string | undefined {
    return this.#silence;
  }

  async beat(): Promise<void> {
    const { pulse, now, platform } = this.#options;
    pulse.keep(now());
    if (this.#isBeating || !platform.isConnected) return;
    this.#isBeating = true;
    try {
      await this.#beat();
    } catch (error) {
      this.#heard('failed', error instanceof Error ? error.message : String(error));
    } finally {
      this.#isBeating = false;
    }
  }

  async #beat(): Promise<void> {
    const { pulse, now, platform, attempts, facts } = this.#options;
    const sentAt = now();
    const known = facts();
    const text = JSON.stringify(known);
    const input = { attempts: attempts.inventory(), ...(this.#toldFacts === text ? {} : { facts: known }) };
    const outcome = await platform.ask(execution.BeatWorker, input);
    if (!outcome.accepted) {
      this.#heard('refused', outcome.rejection.code);
      return;
    }
    this.#toldFacts = text;
    this.#acceptedAt = performance.now();
    pulse.renewed(sentAt);
    pulse.keep(now());
    this.#heard('accepted', undefined);
    attempts.obey(outcome.value);
  }

  #heard(outcome: string, silence: string | undefined): void {
    metrics.heartbeats.add(1, { outcome });
    if (silence !== undefined && silence !== this.#silence)
      this.#options.log.warn({ reason: silence }, 'the platform does not take the heartbeat');
    if (silence === undefined && this.#silence !== undefined) this.#options.log.info('the platform takes the heartbeat again');
    this.#silence = silence;
  }
}
