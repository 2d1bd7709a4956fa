import type { Log } from '@orrery/telemetry';
import { within } from './within.ts';

interface Step {
  readonly name: string;
  readonly close: () => unknown;
  readonly ms: number;
}

const stepMs = 10_000;

/**
 * What was opened, closed in the opposite order: what came last leans on what came before.
 * A step that fails or takes too long is logged, and the next one has its turn.
 */
export class Closing {
  private readonly steps: Step[] = [];
  private readonly log: Log;
  private done: Promise<boolean> | undefined;

  constructor(log: Log) {
    this.log = log;
  }

  add(name: string, close: () => unknown, ms: number = stepMs): void {
    this.steps.push({ name, close, ms });
  }

  /** True where every step went well. Calling it again waits for the same end. */
  run(): Promise<boolean> {
    this.done ??= this.unwind();
    return this.done;
  }

  private async unwind(): Promise<boolean> {
    let clean = true;
    for (const { name, close, ms } of this.steps.reverse()) {
      try {
        await within(ms, name, async () => close());
        this.log.debug({ step: name }, 'closed');
      } catch (error) {
        clean = false;
        this.log.error({ err: error, step: name }, 'could not be closed in order');
      }
    }
    return clean;
  }
}
