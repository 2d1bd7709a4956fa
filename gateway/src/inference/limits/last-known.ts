import type { Answer, Reservation } from './meters.ts';

const maxEntries = 50_000;
/** Of what was left when Redis was heard last, each gateway alone gives out so little: eight of them together no more than there was. */
const share = 8n;

/** What was left of credits and budgets when Redis was heard last. */
export class LastKnown {
  readonly #left = new Map<string, bigint>();

  note({ orgId, meters }: Reservation, answer: Answer): void {
    if (answer.credit) this.#keep(`credit:${orgId}`, answer.credit.left);
    for (const [index, meter] of meters.entries()) {
      const left = answer.meters[index]?.left;
      if (meter.kind === 'spend' && left !== undefined) this.#keep(`${orgId}:${meter.key}`, left);
    }
  }

  /** The same request before money that is cut down to this gateway's share of what is known. Rates and places stay as they are. */
  cautious(reservation: Reservation): Reservation {
    const { orgId, credit, meters } = reservation;
    return {
      ...reservation,
      credit: credit && { balance: (this.#left.get(`credit:${orgId}`) ?? credit.balance) / share, booked: 0n },
      meters: meters.map((meter) =>
        meter.kind === 'spend' ? { ...meter, limit: (this.#left.get(`${orgId}:${meter.key}`) ?? meter.limit) / share } : meter,
      ),
    };
  }

  #keep(key: string, left: bigint): void {
    // Last heard, last forgotten.
    this.#left.delete(key);
    this.#left.set(key, left);
    if (this.#left.size <= maxEntries) return;
    const [oldest] = this.#left.keys();
    if (oldest !== undefined) this.#left.delete(oldest);
  }
}
