import type { Operation } from '@orrery/contracts';
import type { Msg, Subscription } from 'nats';
import { Gate, type GateLimits } from './gate.ts';
import { hear } from './hear.ts';
import type { Line } from './line.ts';
import { routeOf } from './route.ts';
import { isInbox } from './subjects.ts';
import { type Counter, type Handle, Visit, type VisitOptions } from './visit.ts';
import { withinMs } from './within-ms.ts';

export interface DeskOptions extends GateLimits, VisitOptions {}

export interface Place {
  readonly subject: string;
  readonly queue?: string;
  readonly fromAgents?: boolean;
}

/** Where requests arrive: judged, validated, handled, answered; never more at once than there is room for. */
export class Desk {
  readonly #line: Line;
  readonly #options: DeskOptions;
  readonly #gate: Gate;
  readonly #subscriptions: Subscription[] = [];
  readonly #denied: Error[] = [];

  constructor(line: Line, options: DeskOptions) {
    this.#line = line;
    this.#options = options;
    this.#gate = new Gate(options);
  }

  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#gate.running, waiting: this.#gate.waiting };
  }

  serve(operation: Operation, handle: Handle, { subject, queue, fromAgents = false }: Place): void {
    const counter: Counter = { operation, handle, route: routeOf(operation), fromAgents };
    const onBroken = (error: unknown): void => this.#options.onFault({ operation: operation.subject, correlationId: '', error });
    const receive = (message: Msg): void => this.#receive(counter, message);
    const onDenied = (error: Error): void => {
      this.#denied.push(error);
    };
    const subscription = hear(this.#line.connection, subject, { queue, receive, onBroken, onDenied });
    this.#subscriptions.push(subscription);
  }

  /** Resolves when the server has taken every subscription; fails where it refused one. */
  async settle(): Promise<void> {
    await this.#line.connection.flush();
    const [first] = this.#denied;
    if (first) throw new Error(`the bus lets this process hear no requests: ${first.message}`, { cause: first });
  }

  /** Takes no more, finishes what it has, for as long as it may. True where everything was finished. */
  async drain(ms: number): Promise<boolean> {
    return withinMs(this.#finish(), ms);
  }

  async #finish(): Promise<void> {
    await Promise.all(this.#subscriptions.splice(0).map((subscription) => subscription.drain()));
    await this.#gate.whenIdle();
    await this.#line.connection.flush();
  }

  #receive(counter: Counter, message: Msg): void {
    if (!isInbox(message.reply)) return;
    const visit = new Visit(this.#line, this.#options, counter, message);
    if (!this.#gate.enter((done) => visit.run(done))) visit.shed();
  }
}
