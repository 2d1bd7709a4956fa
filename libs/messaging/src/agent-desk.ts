import type { InputOf, Operation, OutputOf, RequestContext } from '@orrery/contracts';
import type { Bus } from './bus.ts';
import { Desk } from './desk.ts';
import type { FaultSink } from './replies.ts';
import { routeOf } from './route.ts';
import { agentSubject } from './subjects.ts';

export interface AgentDeskOptions {
  readonly workerId: string;
  readonly onFault: FaultSink;
  readonly concurrency?: number;
  readonly queue?: number;
}

/** Where an agent serves the contracts named `agent.<verb>`, without Nest. Its deadlines are read by the machine's own clock. */
export class AgentDesk {
  readonly #desk: Desk;
  readonly #workerId: string;

  constructor(bus: Bus, { workerId, onFault, concurrency = 16, queue = 256 }: AgentDeskOptions) {
    this.#workerId = workerId;
    this.#desk = new Desk(bus.line, { concurrency, queue, clock: 'own', onFault, refusalOf: () => undefined });
  }

  serve<X extends Operation>(operation: X, handler: (input: InputOf<X>, context: RequestContext) => Promise<OutputOf<X>>): this {
    // The desk has parsed the input by the schema of this very operation.
    const handle = (input: unknown, context: RequestContext): Promise<unknown> => handler(input as InputOf<X>, context);
    this.#desk.serve(operation, handle, { subject: agentSubject(this.#workerId, routeOf(operation).name) });
    return this;
  }

  /** Resolves when the agent can be asked; fails where its credentials do not let it hear. */
  settle(): Promise<void> {
    return this.#desk.settle();
  }

  drain(ms: number): Promise<boolean> {
    return this.#desk.drain(ms);
  }
}
