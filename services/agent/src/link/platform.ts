import { randomUUID } from 'node:crypto';
import type { execution, Operation, RequestContext, RequestOf } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import { type Bus, type Outcome, ServiceUnavailable } from '@orrery/messaging/light';

export interface Letter {
  /** The same for every repetition, so that a command has its effect once. */
  readonly commandId?: string;
  readonly correlationId?: string;
  readonly traceparent?: string | undefined;
}

const patienceMs = 10_000;

/** The way to the platform, once there is one. */
export class Platform {
  readonly workerId: execution.WorkerId;
  #bus: Bus | undefined;

  constructor(workerId: execution.WorkerId) {
    this.workerId = workerId;
  }

  connect(bus: Bus): void {
    this.#bus = bus;
  }

  get bus(): Bus | undefined {
    return this.#bus;
  }

  get isConnected(): boolean {
    return this.#bus?.isConnected ?? false;
  }

  /** The connection, or an error where there is none now: what is written into a lost one would only pile up. */
  connected(): Bus {
    if (this.#bus === undefined || !this.#bus.isConnected) throw new ServiceUnavailable('nats', 'disconnected');
    return this.#bus;
  }

  async ask<X extends Operation>(operation: X, input: RequestOf<X>, letter: Letter = {}): Promise<Outcome<X>> {
    const { commandId = randomUUID(), correlationId = commandId, traceparent } = letter;
    const context: RequestContext = {
      principal: { kind: 'agent', id: this.workerId },
      commandId,
      idempotent: false,
      correlationId,
      causationId: commandId,
      deadlineAt: systemClock.now() + (operation.deadlineMs ?? patienceMs),
      ...(traceparent === undefined ? {} : { traceparent }),
    };
    return await this.connected().ask(operation, input, context);
  }
}
