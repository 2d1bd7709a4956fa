import type { Barren } from './barren.ts';
import type { Core } from './core.ts';
import type { Berths } from './cove.ts';
import { type Berth, type Entry, endOf, type Leaf, type Line } from './entry.ts';
import type { Option } from './options.ts';
import type { Reserving } from './reserving.ts';

interface Vain {
  readonly limitMs: number;
  readonly rank: number;
}

interface Knowledge {
  readonly core: Core;
  readonly berths: Berths;
  readonly now: number;
  readonly reserving: Reserving;
  /** Null: everybody is looked at of whom nobody has found out yet that there is nothing. */
  readonly barren: Barren | null;
}

/**
 * Of whom it is known in one round that there is nothing for them. Among those that ask for the same with the same right the one with the
 * shortest limit has the fewest reservations in its way: where it found nothing, no longer one does. Where there are quotas, that holds
 * within a queue, and for those who may not take the places of more of their own.
 */
export class Hopeless {
  private readonly vain = new Map<Berth, Map<Leaf | null, Vain>>();
  private readonly isShared: boolean;
  /** Berths from which somebody may find something yet. */
  private readonly left: Set<Berth>;

  private readonly core: Core;
  private readonly berths: Berths;
  private readonly now: number;
  private readonly reserving: Reserving;

  private readonly barren: Barren | null;

  constructor({ core, berths, now, reserving, barren }: Knowledge) {
    this.core = core;
    this.barren = barren;
    this.berths = berths;
    this.now = now;
    this.reserving = reserving;
    this.isShared = core.admission.isFree && core.promises.length === 0;
    this.left = new Set(berths.open);
  }

  /** Parked lines of a queue for whom there may be something, in several orders. */
  parkedOf(leaf: Leaf): readonly (readonly Line[])[] {
    const orders = this.ordersOf(leaf);
    return leaf.urgent === 0 ? orders : orders.flatMap(byUrgency);
  }

  private ordersOf(leaf: Leaf): readonly (readonly Line[])[] {
    if (this.reserving.mayAny(leaf)) return Array.from(leaf.coves.values(), (cove) => cove.inOrder());
    if (this.left.size >= leaf.coves.size)
      return [...leaf.coves].flatMap(([berth, cove]) => (this.left.has(berth) && !this.isBarren(berth) ? [cove.inOrder()] : []));
    return [...this.left].flatMap((berth) => {
      const cove = this.isBarren(berth) ? undefined : leaf.coves.get(berth);
      return cove ? [cove.inOrder()] : [];
    });
  }

  /** Queues of which somebody parked may be looked at: those that look for what may be there, and those that may keep machines. */
  *takers(): Iterable<Leaf> {
    for (const berth of [...this.left]) if (!this.isBarren(berth)) yield* berth.coves.keys();
    if (this.reserving.isFull) return;
    for (const leaf of this.core.queues.leaves.values()) if (this.reserving.mayAny(leaf)) yield leaf;
  }

  /** There was nothing for it. */
  mark(line: Line, options: readonly Option[]): void {
    for (const option of options) {
      const berth = this.berths.known(option);
      if (berth) this.remember(berth, line);
    }
  }

  private remember(berth: Berth, { leaf, shape: { limitMs, rank } }: Line): void {
    let known = this.vain.get(berth);
    if (!known) {
      known = new Map();
      this.vain.set(berth, known);
    }
    const whose = this.isShared ? null : leaf;
    const before = known.get(whose);
    if (before && (before.limitMs < limitMs || (!this.isShared && before.rank > rank))) return;
    known.set(whose, { limitMs, rank });
    if (this.isShared && this.isNoLess(berth.shortest, limitMs)) this.left.delete(berth);
  }

  private isBarren(berth: Berth): boolean {
    if (!this.barren?.has(berth)) return false;
    this.left.delete(berth);
    return true;
  }

  /** There is nothing for anybody of it who keeps nothing for itself. */
  isVain(berth: Berth): boolean {
    return !this.left.has(berth);
  }

  /** Somebody makes way, or keeps machines no more: there may be something for those who found nothing. */
  forget(): void {
    this.vain.clear();
    for (const berth of this.berths.open) this.left.add(berth);
  }

  /** There is nothing for it, and it would keep nothing for itself. */
  has(line: Line): boolean {
    if (line.next(0)?.entry.reservation) return false;
    const { entry } = line.next(0) ?? {};
    if (entry && this.mayReserve(entry, line)) return false;
    return line.coves.every(({ berth }) => !berth.isOpen || this.isInVain(berth, line) || this.isBarren(berth));
  }

  private mayReserve(entry: Entry, { leaf, coves }: Line): boolean {
    if (!this.reserving.mayAny(leaf) || this.reserving.isBehind(entry)) return false;
    return coves.some(({ berth }) => this.reserving.mayNow(entry, berth.level));
  }

  private isInVain(berth: Berth, { leaf, shape }: Line): boolean {
    const known = this.vain.get(berth)?.get(this.isShared ? null : leaf);
    return known !== undefined && (this.isShared || known.rank >= shape.rank) && this.isNoLess(shape.limitMs, known.limitMs);
  }

  /** No fewer reservations are in its way, now or when others have made way. */
  private isNoLess(limitMs: number, otherMs: number): boolean {
    if (limitMs >= otherMs) return true;
    const { reservations, settings } = this.core;
    const begins = [this.now, this.now + settings.graceMs];
    return begins.every((at) => {
      const [one, other] = [limitMs, otherMs].map((each) => reservations.countBefore(endOf(at, each, settings.graceMs)));
      return one === other;
    });
  }
}

/** Who has waited too long comes as its turn does, before or after those whose deadlines are near: neither list has to wait for the other. */
const byUrgency = (lines: readonly Line[]): readonly (readonly Line[])[] => [
  lines.filter(({ kind }) => kind.isUrgent),
  lines.filter(({ kind }) => !kind.isUrgent),
];
