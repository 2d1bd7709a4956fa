import { ErrorCode, Events, type NatsConnection, type Status } from 'nats';

type Listener = () => void;

/** What a server says to whom it does not let in, or in any longer. */
const refusals: readonly string[] = [ErrorCode.AuthorizationViolation, ErrorCode.AuthenticationExpired];

export const isRefusal = (code: unknown): boolean => refusals.includes(String(code));

/** Whether the connection stands, and who wants to know when that changes. */
export class Link {
  readonly #down = new Set<Listener>();
  readonly #up = new Set<Listener>();
  readonly #refused = new Set<Listener>();
  readonly #denied = new Set<(subject: string) => void>();
  #state: 'up' | 'down' | 'closed' = 'up';
  #backAt = Number.NEGATIVE_INFINITY;
  #isRefused = false;

  constructor(connection: NatsConnection) {
    void this.#follow(connection.status());
    void connection.closed().then(() => this.#turn('closed'));
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  /** The connection was lost and has been back for less than `ms`: others are perhaps still on their way back. */
  wasBackWithin(ms: number): boolean {
    return performance.now() - this.#backAt < ms;
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** The server does not let this process in: its credentials are wrong, have expired or were revoked. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** Called each time the connection is lost, for good or not. Returns how to stop listening. */
  onDown(listener: Listener): Listener {
    this.#down.add(listener);
    return () => this.#down.delete(listener);
  }

  onUp(listener: Listener): Listener {
    this.#up.add(listener);
    return () => this.#up.delete(listener);
  }

  /** Called when the server does not let this process in any more; not again until it was in. */
  onRefused(listener: Listener): Listener {
    this.#refused.add(listener);
    return () => this.#refused.delete(listener);
  }

  /** Called with each subject that the server forbids this connection to publish on. */
  onDenied(listener: (subject: string) => void): Listener {
    this.#denied.add(listener);
    return () => this.#denied.delete(listener);
  }

  /** True as soon as the connection stands; false when it does not within `ms`, or never will. */
  whenUp(ms: number): Promise<boolean> {
    if (this.#state !== 'down') return Promise.resolve(this.isUp);
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        offUp();
        offDown();
        resolve(this.isUp);
      };
      const timer = setTimeout(settle, ms);
      const offUp = this.onUp(settle);
      const offDown = this.onDown(settle);
    });
  }

  async #follow(statuses: AsyncIterable<Status>): Promise<void> {
    for await (const status of statuses) {
      if (status.type === Events.Disconnect) this.#turn('down');
      if (status.type === Events.Reconnect) this.#turn('up');
      if (status.type === Events.Error && isRefusal(status.data)) this.#refuse();
      if (status.type === Events.Error && status.permissionContext?.operation === 'publish') {
        for (const listener of this.#denied) listener(status.permissionContext.subject);
      }
    }
  }

  #refuse(): void {
    if (this.#isRefused) return;
    this.#isRefused = true;
    for (const listener of [...this.#refused]) listener();
  }

  #turn(state: 'up' | 'down' | 'closed'): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    if (state === 'up') {
      this.#backAt = performance.now();
      this.#isRefused = false;
    }
    for (const listener of [...(state === 'up' ? this.#up : this.#down)]) listener();
  }
}
