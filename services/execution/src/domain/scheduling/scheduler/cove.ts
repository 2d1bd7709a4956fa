import { type Berth, type Cove, isEarlier, type Leaf, type Line } from './entry.ts';
import type { WaitReason } from './facts.ts';
import type { Level } from './level.ts';
import type { Option } from './options.ts';
import type { Fit } from './shape.ts';

const isNext = (one: Line, other: Line): boolean => {
  if (one.kind.isUrgent !== other.kind.isUrgent) return one.kind.isUrgent;
  const [a, b] = [one.next(0)?.entry, other.next(0)?.entry];
  return a !== undefined && b !== undefined && isEarlier(a, b);
};

/** As their turns come. */
const inOrder = (lines: Iterable<Line>): readonly Line[] => [...lines].sort((a, b) => (a === b ? 0 : isNext(a, b) ? -1 : 1));

/** Where one of its lines finds nothing, only a shorter one may. */
export class ParkedBerth implements Berth {
  readonly coves = new Map<Leaf, LeafCove>();
  /** Why there is no room for them, as long as nothing becomes better there. */
  readonly told = new Map<string, WaitReason>();
  /** How many have which limit. */
  private readonly limits = new Map<number, number>();
  private least = Number.POSITIVE_INFINITY;
  /** There may be something for them. */
  isOpen = false;
  private machines: Set<string> | null = new Set();
  /**
   * Room comes about for one of them without anybody's being asked: as long as it does, they look for nothing dearer elsewhere. It may be
   * given to others, and time alone may bring those before it who keep it: so they are looked at again.
   */
  isAwaited = false;

  constructor(
    readonly fit: Fit,
    readonly level: Level,
  ) {}

  get within(): ReadonlySet<string> | null {
    return this.machines;
  }

  /** There may be something for them, anywhere. */
  awaken(): void {
    this.isOpen = true;
    this.machines = null;
  }

  /** There may be something for them on these machines, too. */
  awakenOn(machines: readonly string[]): void {
    this.isOpen = true;
    for (const machine of machines) this.machines?.add(machine);
  }

  shut(): void {
    this.isOpen = false;
    if (this.machines === null) this.machines = new Set();
    else this.machines.clear();
  }

  /** The shortest limit of its lines. */
  get shortest(): number {
    if (this.least === Number.POSITIVE_INFINITY) this.least = Math.min(...this.limits.keys());
    return this.least;
  }

  coveOf(leaf: Leaf): LeafCove {
    let cove = this.coves.get(leaf);
    if (!cove) {
      cove = new LeafCove(this, leaf);
      this.coves.set(leaf, cove);
      leaf.coves.set(this, cove);
    }
    return cove;
  }

  count(limitMs: number, change: 1 | -1): void {
    const count = (this.limits.get(limitMs) ?? 0) + change;
    if (count > 0) {
      this.limits.set(limitMs, count);
      this.least = Math.min(this.shortest, limitMs);
      return;
    }
    this.limits.delete(limitMs);
    if (limitMs === this.least) this.least = Number.POSITIVE_INFINITY;
  }
}

/** Those of one queue. */
class LeafCove implements Cove {
  private readonly lines = new Set<Line>();
  private sorted: readonly Line[] | null = null;

  constructor(
    readonly berth: ParkedBerth,
    private readonly leaf: Leaf,
  ) {}

  add(line: Line): void {
    this.lines.add(line);
    this.sorted = null;
    this.berth.count(line.shape.limitMs, 1);
  }

  delete(line: Line): void {
    if (!this.lines.delete(line)) return;
    this.sorted = null;
    this.berth.count(line.shape.limitMs, -1);
    if (this.lines.size > 0) return;
    this.berth.coves.delete(this.leaf);
    this.leaf.coves.delete(this.berth);
  }

  turned(): void {
    this.sorted = null;
  }

  inOrder(): readonly Line[] {
    this.sorted ??= inOrder(this.lines);
    return this.sorted;
  }
}

/** Parked lines, by what they look for. */
export class Berths {
  private readonly byKey = new Map<string, ParkedBerth>();
  private readonly opened = new Set<ParkedBerth>();

  get open(): ReadonlySet<ParkedBerth> {
    return this.opened;
  }

  [Symbol.iterator](): Iterator<ParkedBerth> {
    return this.byKey.values();
  }

  known({ fit, level }: Option): ParkedBerth | undefined {
    return this.byKey.get(`${fit.room}/${level}`);
  }

  of(option: Option): ParkedBerth {
    const key = `${option.fit.room}/${option.level}`;
    let berth = this.byKey.get(key);
    if (!berth) {
      berth = new ParkedBerth(option.fit, option.level);
      this.byKey.set(key, berth);
    }
    return berth;
  }

  /** There may be something for them, anywhere. */
  awaken(berth: ParkedBerth): void {
    berth.awaken();
    this.opened.add(berth);
  }

  /** There may be something for them on these machines, too. */
  awakenOn(berth: ParkedBerth, machines: readonly string[]): void {
    berth.awakenOn(machines);
    this.opened.add(berth);
  }

  /** One of them waits for room that comes about by itself. */
  await(berth: ParkedBerth): void {
    berth.isAwaited = true;
    this.awaken(berth);
  }

  /** Whether room still comes about for somebody is found out in each round. */
  begin(): void {
    for (const berth of this.opened) berth.isAwaited = false;
  }

  /** Nobody of them found anything. */
  close(): void {
    for (const berth of this.opened) this.shut(berth);
  }

  shut(berth: ParkedBerth): void {
    if (berth.isAwaited) return;
    berth.shut();
    this.opened.delete(berth);
  }

  /** Forgets those that nobody looks from any more. */
  sweep(): void {
    for (const [key, berth] of this.byKey) {
      if (berth.coves.size > 0) continue;
      this.byKey.delete(key);
      this.opened.delete(berth);
    }
  }
}
