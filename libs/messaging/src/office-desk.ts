import type { Operation } from '@orrery/contracts';
import type { Bus } from './bus.ts';
import { Desk } from './desk.ts';
import type { Failures } from './replies.ts';
import type { HandlerOf } from './serves.ts';
import { askSubject } from './subjects.ts';

export interface OfficeDeskOptions extends Partial<Failures> {
  readonly bus: Bus;
  readonly concurrency?: number;
  readonly queue?: number;
  /** How long the end waits for what is under way. */
  readonly drainMs?: number;
}

/**
 * Serves operations in this process alone, for as long as it holds an office, and in no queue group: whoever else serves the service
 * does not get them. Between two holders nobody answers, and the asker hears at once that nobody does.
 */
export class OfficeDesk {
  readonly #desk: Desk;
  readonly #drainMs: number;

  constructor({
    bus,
    concurrency = 4,
    queue = 64,
    drainMs = 1_000,
    onFault = () => undefined,
    refusalOf = () => undefined,
  }: OfficeDeskOptions) {
    this.#desk = new Desk(bus.line, { concurrency, queue, clock: 'shared', onFault, refusalOf });
    this.#drainMs = drainMs;
  }

  serve<X extends Operation>(operation: X, handler: HandlerOf<X>): void {
    this.#desk.serve(operation, (input, context) => Reflect.apply(handler, undefined, [input, context]), {
      subject: askSubject(operation),
    });
  }

  /** Resolves when requests come in; fails where the bus lets none. */
  async open(): Promise<void> {
    await this.#desk.settle();
  }

  /** Takes no more, and finishes what it has, for as long as it may. */
  async close(): Promise<void> {
    await this.#desk.drain(this.#drainMs);
  }
}
