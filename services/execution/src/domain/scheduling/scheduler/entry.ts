import type { Amounts } from '../admission/quota-node.ts';
import type { Need } from '../placement/need.ts';
import type { Place } from '../placement/place.ts';
import type { Request, Seat } from '../request.ts';
import type { Reserved, WaitReason } from './facts.ts';
import type { Level } from './level.ts';
import type { Fit, Shape } from './shape.ts';

/** What one member of a request holds. */
export interface Hold {
  readonly entry: Entry;
  readonly member: number;
  readonly seat: Seat;
  readonly need: Need;
  readonly at: number;
  /** Of its queue's quota. */
  readonly amounts: Amounts;
  /** Null while its machine is not there. */
  place: Place | null;
}

/** The machines that a request has. Changed by `Runners` alone. */
export interface Running {
  readonly choice: number;
  readonly seats: readonly Seat[];
  readonly at: number;
  /** More than its queue was guaranteed when it was placed, or when its quotas were last changed. */
  readonly isBorrowed: boolean;
  /** By member; null where the seat is free again. */
  readonly holds: readonly (Hold | null)[];
  /** Since when it makes room for others. */
  readonly preemptingAt: number | null;
}

/** Machines that a request keeps for itself from a moment on. */
export interface Reservation extends Reserved {
  readonly entry: Entry;
  /** Those that were made earlier have smaller ones. */
  readonly number: number;
  readonly need: Need;
  /** Those of a higher level may displace it. */
  readonly level: Level;
}

/** A request and how it fares. It waits, or it has machines. */
export interface Entry {
  readonly request: Request;
  readonly shape: Shape;
  /** When it was submitted, and earlier for a higher rank: the smaller, the earlier its turn. */
  readonly vt: number;
  notBefore: number;
  /** Machines that failed it. */
  avoid: readonly string[];
  preemptions: number;
  /** Where it stands; null while it may not be placed yet, or has machines. */
  line: Line | null;
  readonly running: Running | null;
  reservation: Reservation | null;
}

/** When a turn comes. */
export interface Timely {
  readonly vt: number;
  readonly request: { readonly id: string };
}

export const isEarlier = (one: Timely, other: Timely): boolean =>
  one.vt === other.vt ? one.request.id < other.request.id : one.vt < other.vt;

/** Its time is up, or nearly: it goes before all others. */
export const isPressing = ({ vt, line }: Entry, now: number, overdueMs: number): boolean =>
  (line?.kind.isUrgent ?? false) || now - vt >= overdueMs;

/** When all of it has ended at the latest, if it starts then. */
export const endOf = (startsAt: number, limitMs: number, graceMs: number): number => startsAt + limitMs + graceMs;

/** Parked lines that look for one thing with one right. */
export interface Berth {
  readonly fit: Fit;
  readonly level: Level;
  /** There may be something for them. */
  readonly isOpen: boolean;
  /** … on these machines alone; null: anywhere. */
  readonly within: ReadonlySet<string> | null;
  /** The shortest limit of its lines. */
  readonly shortest: number;
  readonly coves: ReadonlyMap<Leaf, Cove>;
}

/** Those of one queue. */
export interface Cove {
  readonly berth: Berth;
  add(line: Line): void;
  delete(line: Line): void;
  /** Another one is the first of a line. */
  turned(): void;
  /** As their turns come. */
  inOrder(): readonly Line[];
}

/** Whose deadline is near, and who needs solid ground, stand apart from the others of their shape. */
export interface Kind {
  readonly isUrgent: boolean;
  readonly isSolid: boolean;
}

/** A queue, with its lines by their keys. */
export interface Leaf {
  readonly queue: string;
  readonly org: string;
  readonly lines: Map<number, Line>;
  readonly coves: Map<Berth, Cove>;
  /** How many of its lines are of those whose deadlines are near. */
  urgent: number;
  /** Nobody of it has an earlier turn. */
  earliest: number;
  /** Who of it keeps machines for itself. */
  readonly reserved: Set<Entry>;
  /** Somebody of it may want to. */
  isUnreserved: boolean;
  /** … who could not, because others are before its queue, unless its time has come. */
  isPutOff: boolean;
}

const noCoves: readonly Cove[] = [];
const noBerths: readonly Set<Line>[] = [];

/** Most lines have few, and an array that is pushed to takes room for sixteen more. */
const few = 8;

/** Below it, what has left is not worth the tidying. */
const fewGone = 64;

/**
 * The requests of one queue and one shape, in their order: where the first has no room, none has. Most come last and leave first, so it is
 * an array with a head; whoever leaves from the middle leaves a hole.
 */
export class Line {
  private items: Entry[] = [];
  private head = 0;
  private present = 0;
  /** Where it is waited for that something changes; null: something could be found out about it now. */
  private berths: readonly Set<Line>[] | null = null;
  /** What it looks for, while it waits. */
  coves: readonly Cove[] = noCoves;
  /** What was found out last, for those who ask. */
  reason: WaitReason | null = null;

  constructor(
    readonly leaf: Leaf,
    readonly key: number,
    readonly shape: Shape,
    readonly kind: Kind,
  ) {}

  get size(): number {
    return this.present;
  }

  get isParked(): boolean {
    return this.berths !== null;
  }

  park(berths: readonly Set<Line>[], coves: readonly Cove[]): void {
    this.berths = berths.length === 0 ? noBerths : berths;
    this.coves = coves;
    for (const berth of berths) berth.add(this);
    for (const cove of coves) cove.add(this);
  }

  unpark(): void {
    for (const berth of this.berths ?? []) berth.delete(this);
    for (const cove of this.coves) cove.delete(this);
    this.berths = null;
    this.coves = noCoves;
  }

  add(entry: Entry): void {
    entry.line = this;
    this.present += 1;
    this.leaf.earliest = Math.min(this.leaf.earliest, entry.vt);
    for (const cove of this.coves) cove.turned();
    const at = this.positionOf(entry);
    // It stood here before: its hole is still open.
    if (this.items[at] === entry) return;
    if (at === this.items.length) this.append(entry);
    else if (at === this.head && this.head > 0) {
      this.head -= 1;
      this.items[this.head] = entry;
    } else this.items.splice(at, 0, entry);
  }

  remove(entry: Entry): void {
    entry.line = null;
    this.present -= 1;
    for (const cove of this.coves) cove.turned();
    while (this.head < this.items.length && this.items[this.head]?.line !== this) this.head += 1;
    const gone = this.items.length - this.present;
    if (gone < fewGone || gone < this.present) return;
    this.items = this.items.filter((each, at) => at >= this.head && each.line === this);
    this.head = 0;
  }

  /** The first at this step or after it, and the step that comes then; steps are good until something comes or leaves. */
  next(step: number): { readonly entry: Entry; readonly step: number } | null {
    for (let at = this.head + step; at < this.items.length; at += 1) {
      const entry = this.items[at];
      if (entry?.line === this) return { entry, step: at - this.head + 1 };
    }
    return null;
  }

  /** As they stand now; some may have left. */
  all(): readonly Entry[] {
    return this.items.slice(this.head);
  }

  private append(entry: Entry): void {
    if (this.items.length < few) this.items = this.items.concat(entry);
    else this.items.push(entry);
  }

  private positionOf(entry: Entry): number {
    let [low, high] = [this.head, this.items.length];
    const last = this.items[high - 1];
    if (last === undefined || high === low || isEarlier(last, entry)) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.items[middle];
      if (other !== undefined && isEarlier(other, entry)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
