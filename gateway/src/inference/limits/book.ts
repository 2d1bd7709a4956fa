import type { Answer, LedgerSnapshot, Meter, RateMeter, Reservation, Stand, Use } from './meters.ts';
import { spentUnits, usedUnits } from './meters.ts';

interface Sums {
  settled: bigint;
  reserved: bigint;
}

interface Open {
  readonly reservation: Reservation;
  until: number;
}

const sumsIn = (all: Map<string, Sums>, key: string): Sums => {
  const known = all.get(key) ?? { settled: 0n, reserved: 0n };
  all.set(key, known);
  return known;
};

const moved = (sums: Sums, reserved: bigint, used: bigint): void => {
  sums.reserved -= reserved;
  sums.settled += used;
};

/** Organizations call what bounds them alike; each has its own. */
const ownOf = (reservation: Reservation): Reservation => ({
  ...reservation,
  meters: reservation.meters.map((meter) => ({ ...meter, key: `${reservation.orgId}:${meter.key}` })),
});

const stand = (left: bigint): Stand => ({ isRefused: left <= 0n, left, waitMicros: 0 });

/**
 * The scripts of `scripts.lua.ts`, in memory: what they must answer, to the microsecond and the nano-unit, and what a gateway goes by while Redis
 * does not answer. Times are whole microseconds.
 */
export class Book {
  readonly #fullAt = new Map<string, number>();
  readonly #places = new Map<string, Map<string, number>>();
  readonly #spent = new Map<string, Sums>();
  readonly #credits = new Map<string, Sums>();
  readonly #open = new Map<string, Open>();

  get open(): number {
    return this.#open.size;
  }

  /** All of it or nothing. `leaseMs` is how long it holds its places if nobody says more of it. */
  reserve(given: Reservation, { now, leaseMs }: { now: number; leaseMs: number }): Answer {
    const reservation = ownOf(given);
    const { requestId, orgId, meters } = reservation;
    const isNew = !this.#open.has(requestId);
    const until = Math.floor(now / 1e3) + leaseMs;
    const before = this.#stands(reservation, now);
    const isAllowed = [before.credit, ...before.meters].every((each) => !each?.isRefused);
    if (!isNew) return { isAllowed: true, ...allowing(before) };
    if (!isAllowed) return { isAllowed, ...before };
    this.#open.set(requestId, { reservation, until });
    sumsIn(this.#credits, orgId).reserved += reservation.cost;
    for (const meter of meters) this.#take(meter, reservation, { now, until });
    return { isAllowed, ...allowing(this.#stands(reservation, now)) };
  }

  /** False where it was settled before, or never reserved here. */
  settle(requestId: string, use: Use, now: number): boolean {
    const open = this.#open.get(requestId);
    if (open === undefined) return false;
    this.#open.delete(requestId);
    const { orgId, cost, meters } = open.reservation;
    moved(sumsIn(this.#credits, orgId), cost, use.cost);
    for (const meter of meters) {
      if (meter.kind === 'spend') moved(sumsIn(this.#spent, meter.key), meter.units, spentUnits(meter, use));
      if (meter.kind === 'places') this.#places.get(meter.key)?.delete(requestId);
      if (meter.kind === 'rate') this.#giveBack(meter, use, now);
    }
    return true;
  }

  #giveBack(meter: RateMeter, use: Use, now: number): void {
    const back = meter.units - usedUnits(meter, use);
    if (back !== 0) this.#fullAt.set(meter.key, Math.max(this.#fullAt.get(meter.key) ?? now, now) - meter.interval * back);
  }

  #take(meter: Meter, { requestId }: Reservation, { now, until }: { now: number; until: number }): void {
    switch (meter.kind) {
      case 'rate':
        this.#fullAt.set(meter.key, Math.max(this.#fullAt.get(meter.key) ?? now, now) + meter.interval * meter.units);
        return;
      case 'places':
        this.#placesOf(meter.key, now).set(requestId, until);
        return;
      case 'spend':
        sumsIn(this.#spent, meter.key).reserved += meter.units;
    }
  }

  #stands({ orgId, credit, meters }: Reservation, now: number): Pick<Answer, 'credit' | 'meters'> {
    return {
      credit: credit && stand(this.#creditLeft(orgId, credit)),
      meters: meters.map((meter) => this.#standOf(meter, now)),
    };
  }

  #creditLeft(orgId: string, { balance, booked }: LedgerSnapshot): bigint {
    const sums = sumsIn(this.#credits, orgId);
    // What was settled is at least what was booked, even where it was forgotten here.
    if (sums.settled < booked) sums.settled = booked;
    return balance + booked - sums.settled - sums.reserved;
  }

  #standOf(meter: Meter, now: number): Stand {
    switch (meter.kind) {
      case 'rate': {
        const { interval, burst } = meter;
        const full = Math.max(this.#fullAt.get(meter.key) ?? now, now);
        const waitMicros = Math.max(0, full + interval - interval * burst - now);
        return { isRefused: waitMicros > 0, left: BigInt(Math.floor((interval * burst - (full - now)) / interval)), waitMicros };
      }
      case 'places':
        return stand(BigInt(meter.limit - this.#placesOf(meter.key, now).size));
      case 'spend': {
        const { settled, reserved } = sumsIn(this.#spent, meter.key);
        return stand(meter.limit - settled - reserved);
      }
    }
  }

  #placesOf(key: string, now: number): Map<string, number> {
    const held = this.#places.get(key) ?? new Map<string, number>();
    this.#places.set(key, held);
    for (const [requestId, until] of held) if (until <= Math.floor(now / 1e3)) held.delete(requestId);
    return held;
  }
}

/** What was let in is refused by nothing, though it took the last of it. */
const allowing = ({ credit, meters }: Pick<Answer, 'credit' | 'meters'>): Pick<Answer, 'credit' | 'meters'> => {
  const allowed = (each: Stand): Stand => ({ ...each, isRefused: false, waitMicros: 0 });
  return { credit: credit && allowed(credit), meters: meters.map(allowed) };
};
