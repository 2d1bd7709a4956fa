import { type Clock, systemClock } from '@orrery/kernel';
import type { Bus } from '@orrery/messaging';
import type { Log } from '@orrery/telemetry';
import type { Reservation } from '../limits/meters.ts';
import { type Decided, type Held, Reservations } from '../limits/reservations.ts';
import { Caretaker } from './caretaker.ts';
import { Comparison, type ComparisonOptions } from './comparison.ts';
import { Leases } from './leases.ts';
import { noteOf, settledText } from './note.ts';
import { UsagePublisher } from './publisher.ts';
import type { Told } from './told.ts';
import type { UsageBook } from './usage-book.ts';

export interface DurableUsageOptions {
  readonly url: string;
  readonly bus: Bus;
  readonly log: Log;
  readonly clock?: Clock;
  /** The longest a request waits for Redis. */
  readonly patienceMs?: number;
  /** How long a request that says nothing holds what it holds: then it is settled as lost. */
  readonly leaseMs?: number;
  /** How often what others left behind is looked for. */
  readonly caretakerMs?: number;
  /** When limits and usage are compared. */
  readonly comparison?: Pick<ComparisonOptions, 'everyMs' | 'closedMs' | 'patienceMs'>;
}

const usualLeaseMs = 30_000;

/**
 * Reserves and settles in Redis, where the record of a request is kept, in the step that settles it, until JetStream has it. While Redis is away it waits
 * in this process; while NATS is away, in Redis; and what another gateway was killed with is settled and told by one that lives.
 */
export class DurableUsage implements UsageBook {
  readonly #clock: Clock;
  readonly #reservations: Reservations;
  readonly #leases: Leases;
  readonly #publisher: UsagePublisher;
  readonly #caretaker: Caretaker;
  readonly #comparison: Comparison;

  constructor(options: DurableUsageOptions) {
    const { url, bus, log, clock = systemClock, patienceMs, leaseMs = usualLeaseMs, caretakerMs = leaseMs / 6 } = options;
    this.#clock = clock;
    const reservations = new Reservations({ url, log, leaseMs, ...(patienceMs === undefined ? {} : { patienceMs }) });
    this.#reservations = reservations;
    this.#leases = new Leases({ reservations, everyMs: leaseMs / 6 });
    this.#publisher = new UsagePublisher({ bus, reservations, log });
    const { publisher, graceMs } = { publisher: this.#publisher, graceMs: leaseMs / 3 };
    this.#caretaker = new Caretaker({ reservations, publisher, clock, log, everyMs: caretakerMs, graceMs });
    this.#comparison = new Comparison({ reservations, bus, clock, log, ...options.comparison });
  }

  /** Whether Redis does not answer: then this gateway decides alone. */
  get isAlone(): boolean {
    return this.#reservations.isAlone;
  }

  get hasRoom(): boolean {
    return this.#publisher.hasRoom;
  }

  reserve(reservation: Reservation, ifLost: () => Told): Promise<Decided> {
    const note = (): string => noteOf(reservation, ifLost());
    return this.#reservations.reserve(reservation, note()).then((decided) => {
      if (decided.held) this.#leases.hold(decided.held, note);
      return decided;
    });
  }

  settled(held: Held, { record, use }: Told): Promise<void> {
    // However its end is noticed, twice or late, it is told once.
    if (!this.#leases.letGo(held)) return Promise.resolve();
    const { text, minute } = settledText(record, this.#clock.now());
    return this.#reservations.settle(held, use, { text, minute, isLost: false }).then((by) => {
      if (by === 'another') return;
      this.#publisher.note({ orgId: record.orgId, requestId: record.requestId, text, isKept: by === 'this' });
    });
  }

  /** After the last request has ended, and before the bus is closed. */
  async close(): Promise<void> {
    this.#leases.close();
    await Promise.all([this.#caretaker.stop(), this.#comparison.stop()]);
    await this.#publisher.stop();
    await this.#reservations.close();
  }
}
