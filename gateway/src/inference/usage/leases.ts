import type { Held, Reservations } from '../limits/reservations.ts';

interface Lease {
  readonly held: Held;
  readonly note: () => string;
  renewAt: number;
}

export interface LeasesOptions {
  readonly reservations: Reservations;
  /** How often each request says how far it has come. */
  readonly everyMs: number;
}

/** Keeps the reservations of requests that go on, and notes how far they have come. One timer for all of them. */
export class Leases {
  readonly #open = new Map<string, Lease>();
  readonly #options: LeasesOptions;
  readonly #timer: NodeJS.Timeout;

  constructor(options: LeasesOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#renew(), options.everyMs / 5);
    this.#timer.unref();
  }

  hold(held: Held, note: () => string): void {
    this.#open.set(held.reservation.requestId, { held, note, renewAt: performance.now() + this.#options.everyMs });
  }

  /** False where it is held no more: then it has been settled. */
  letGo({ reservation }: Held): boolean {
    return this.#open.delete(reservation.requestId);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #renew(): void {
    const { reservations, everyMs } = this.#options;
    const now = performance.now();
    for (const lease of this.#open.values()) {
      if (lease.renewAt > now) continue;
      lease.renewAt = now + everyMs;
      // Who does not answer is asked again; whoever else has settled it finds out at its end.
      void reservations.renew(lease.held, lease.note());
    }
  }
}
