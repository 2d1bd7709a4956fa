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
  private done: Promise<readonly Error[]> | undefined;

  constructor(log: Log) {
    this.log = log;
  }

  add(name: string, close: () => unknown, ms: number = stepMs): void {
    this.steps.push({ name, close, ms });
  }

  /** True where every step went well. Calling it again waits for the same end. */
  async run(): Promise<boolean> {
    return (await this.ended()).length === 0;
  }

  /** The same, and fails where a step did, with what each of them said. */
  async finish(what: string): Promise<void> {
    const failures = await this.ended();
    if (failures.length === 0) return;
    throw new AggregateError(failures, `${what} did not stop in order: ${failures.map(({ message }) => message).join('; ')}`);
  }

  private ended(): Promise<readonly Error[]> {
    this.done ??= this.unwind();
    return this.done;
  }

  private async unwind(): Promise<readonly Error[]> {
    const failures: Error[] = [];
    for (const { name, close, ms } of this.steps.reverse()) {
      try {
        await within(ms, name, async () => close());
        this.log.debug({ step: name }, 'closed');
      } catch (error) {
        failures.push(new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error }));
        this.log.error({ err: error, step: name }, 'could not be closed in order');
      }
    }
    return failures;
  }
}
