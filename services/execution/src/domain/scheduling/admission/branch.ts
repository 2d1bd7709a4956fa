import { Meter, type MeterReading } from './meter.ts';
import type { Amounts, QuotaBlock, QuotaNode } from './quota-node.ts';

const numbered = (amounts: Amounts, numberOf: (resource: string) => number): number[] => {
  const result: number[] = [];
  for (const [resource, amount] of Object.entries(amounts)) result[numberOf(resource.toLowerCase())] = amount;
  return result;
};

/** A node of the tree with what hangs below it. Resources are numbers of the tree's. */
export class Branch {
  parent: Branch | null = null;
  weight = 1;
  /** What was charged to this very queue, and what to it and all below it. */
  own: Meter;
  whole: Meter;
  private guaranteed: readonly number[] = [];
  private limit: readonly number[] = [];
  /** Of its guarantee or of those below it, whichever keeps more from others. */
  private readonly owed: number[] = [];
  private readonly owedBelow: number[] = [];

  constructor(
    readonly id: string,
    private readonly halfLifeMs: number,
  ) {
    this.own = new Meter(halfLifeMs);
    this.whole = new Meter(halfLifeMs);
  }

  get depth(): number {
    return this.parent === null ? 0 : this.parent.depth + 1;
  }

  configure(node: QuotaNode | null, numberOf: (resource: string) => number): void {
    this.weight = node?.weight ?? 1;
    this.guaranteed = numbered(node?.guaranteed ?? {}, numberOf);
    this.limit = numbered(node?.limit ?? {}, numberOf);
  }

  hangBelow(parent: Branch): void {
    this.parent = parent;
  }

  get isGuaranteedAnything(): boolean {
    return this.guaranteed.some((amount) => amount > 0);
  }

  guaranteedOf(resource: number): number {
    return this.guaranteed[resource] ?? 0;
  }

  /** The limit from here up that this would break: one that it would break alone, or the nearest. */
  blockOf(wanted: readonly { readonly resource: string; readonly number: number; readonly asked: number }[]): QuotaBlock | null {
    let nearest: QuotaBlock | null = null;
    for (let branch: Branch | null = this; branch !== null; branch = branch.parent) {
      for (const { resource, number, asked } of wanted) {
        const [used, limit] = [branch.whole.held(number), branch.limitOf(number)];
        if (asked === 0 || used + asked <= limit) continue;
        const block = { node: branch.id, resource, used, asked, limit };
        if (asked > limit) return block;
        nearest ??= block;
      }
    }
    return nearest;
  }

  private limitOf(resource: number): number {
    return this.limit[resource] ?? Number.POSITIVE_INFINITY;
  }

  /** With so much more, it or one above it, below that one, is within its guarantee. */
  isWithinBelow(top: Branch, resource: number, amount: number): boolean {
    for (let branch: Branch | null = this; branch !== null && branch !== top; branch = branch.parent) {
      if (branch.whole.held(resource) + amount <= branch.guaranteedOf(resource)) return true;
    }
    return amount === 0;
  }

  /** It holds some of it, and each from it up to that one holds more than its guarantee. */
  isOverBelow(top: Branch, resource: number): boolean {
    if (this.own.held(resource) === 0) return false;
    for (let branch: Branch | null = this; branch !== null && branch !== top; branch = branch.parent) {
      if (branch.whole.held(resource) <= branch.guaranteedOf(resource)) return false;
    }
    return true;
  }

  unused(resource: number): number {
    return this.owed[resource] ?? 0;
  }

  unusedBelow(resource: number): number {
    return this.owedBelow[resource] ?? 0;
  }

  /** What is held of the resource has changed, here or below: so has what is still owed. Children come before their parents. */
  owe(resource: number): void {
    const before = this.unused(resource);
    const after = Math.max(0, this.guaranteedOf(resource) - this.whole.held(resource), this.unusedBelow(resource));
    this.owed[resource] = after;
    if (this.parent !== null) this.parent.owedBelow[resource] = this.parent.unusedBelow(resource) + after - before;
  }

  /** Forgets what bubbled up, to be told again. */
  clear(now: number): void {
    this.whole = new Meter(this.halfLifeMs);
    this.whole.include(this.own, now);
    this.owed.length = 0;
    this.owedBelow.length = 0;
  }

  bubble(now: number): void {
    for (let above = this.parent; above !== null; above = above.parent) above.whole.include(this.own, now);
  }

  restore(own: MeterReading, whole: MeterReading): void {
    this.own = Meter.of(this.halfLifeMs, own);
    this.whole = Meter.of(this.halfLifeMs, whole);
  }

  /** The lowest that is above both, or one of them. All that hang in one tree have one. */
  common(other: Branch): Branch {
    if (this === other) return this;
    const isDeeper = this.depth >= other.depth;
    const above = (isDeeper ? this : other).parent;
    if (above === null) return this;
    return isDeeper ? above.common(other) : this.common(above);
  }

  /** Its ancestor, or itself, right below that one; null where it is that one. */
  ancestorBelow(top: Branch): Branch | null {
    let below: Branch | null = null;
    for (let branch: Branch | null = this; branch !== null && branch !== top; branch = branch.parent) below = branch;
    return below;
  }
}
