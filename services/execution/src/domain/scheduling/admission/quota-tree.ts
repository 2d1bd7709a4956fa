import { Branch } from './branch.ts';
import { type Amounts, faultOfTree, parentByPath, type QuotaBlock, type QuotaNode } from './quota-node.ts';
import { heldOtherwise, type QuotaSnapshot, type Usage, usageByNumbers } from './usage.ts';

/**
 * Who may have how much, and whose turn it is. Each node has a guarantee, a hard limit and a weight; what its queues hold counts for it
 * and all above it. What a node has of its guarantee and does not use, others may borrow until it is asked for (cohorts, as in
 * Kueue). Whose turn it is, is dominant resource fairness down the tree (Ghodsi et al., NSDI'11; hierarchical: Bhattacharya et al.,
 * SoCC'13), over what is held and what was held, decayed.
 *
 * Amounts are whole thousandths, so sums are exact and what is given back leaves nothing behind.
 */
export class QuotaTree {
  private readonly root: Branch;
  private readonly branches = new Map<string, Branch>();
  private readonly numbers = new Map<string, number>();
  private readonly capacities: number[] = [];
  private configured: readonly QuotaNode[] = [];
  /** Grows when shares have changed for all. */
  private edition = 0;

  constructor(private readonly halfLifeMs: number) {
    this.root = new Branch('', halfLifeMs);
  }

  static restore(halfLifeMs: number, snapshot: QuotaSnapshot): QuotaTree {
    const tree = new QuotaTree(halfLifeMs);
    snapshot.resources.forEach((resource, number) => {
      tree.setCapacity(resource, snapshot.capacities[number] ?? 0);
    });
    tree.setNodes(snapshot.configured, 0);
    for (const { id, own, whole } of snapshot.branches) tree.nodeOf(id).restore(own, whole);
    for (const { id } of snapshot.branches.toReversed()) tree.owe(tree.nodeOf(id));
    return tree;
  }

  /** As they were set last. */
  get nodes(): readonly QuotaNode[] {
    return this.configured;
  }

  usage(): Usage {
    const inOrder = [this.root, ...[...this.branches.values()].sort((a, b) => a.depth - b.depth)];
    return {
      resources: [...this.numbers.keys()],
      branches: inOrder.map(({ id, own, whole }) => ({ id, own: own.reading(), whole: whole.reading() })),
    };
  }

  snapshot(): QuotaSnapshot {
    const capacities = [...this.numbers.values()].map((number) => this.capacities[number] ?? 0);
    return { ...this.usage(), capacities, configured: this.configured };
  }

  /** From now on it remembers what that one did. Where they do not hold the same, nothing has changed, and the answer is where. */
  recall(usage: Usage): string | null {
    const recalled = usageByNumbers(usage, (resource) => this.numberOf(resource));
    const difference = heldOtherwise(recalled, this.usage().branches);
    if (difference === null) for (const { id, own, whole } of recalled) this.nodeOf(id).restore(own, whole);
    return difference;
  }

  /** Puts these in the place of those that were. What is held stays held, and counts where its queue hangs now. */
  setNodes(nodes: readonly QuotaNode[], now: number): void {
    const fault = faultOfTree(nodes);
    if (fault !== null) throw new TypeError(fault);
    this.configured = nodes;
    this.edition += 1;
    for (const { id } of nodes) if (!this.branches.has(id)) this.branches.set(id, new Branch(id, this.halfLifeMs));
    const byId = new Map(nodes.map((node) => [node.id, node]));
    for (const id of [...this.branches.keys()]) this.hang(id, byId);
    for (const branch of [this.root, ...this.branches.values()]) branch.clear(now);
    // Sums of fractions depend on their order, and that must not depend on who was heard of first.
    for (const id of [...this.branches.keys()].sort()) this.branchOf(id).bubble(now);
    for (const branch of [...this.branches.values()].sort((a, b) => b.depth - a.depth)) this.owe(branch);
  }

  /** How much of it all machines have together. */
  setCapacity(resource: string, amount: number): void {
    this.capacities[this.numberOf(resource)] = amount;
    this.edition += 1;
  }

  /** Takes, or with -1 gives back: exactly what was taken. */
  charge(queue: string, amounts: Amounts, sign: 1 | -1, now: number): void {
    const leaf = this.branchOf(queue);
    const charged = Object.entries(amounts).filter(([, amount]) => amount !== 0);
    for (const [resource, amount] of charged) {
      const held = leaf.own.held(this.numberOf(resource));
      if (held + sign * amount < 0) throw new RangeError(`${queue} gives back ${amount} of ${resource} and holds ${held}`);
    }
    for (const [resource, amount] of charged) {
      const number = this.numberOf(resource);
      leaf.own.add(number, sign * amount, now);
      for (let branch: Branch | null = leaf; branch !== null; branch = branch.parent) {
        branch.whole.add(number, sign * amount, now);
        branch.owe(number);
      }
    }
  }

  /** Takes or gives back for a moment, to see what would follow: when all is undone, nothing has happened. */
  suppose(queue: string, amounts: Amounts, sign: 1 | -1): void {
    const leaf = this.branchOf(queue);
    for (const [resource, amount] of Object.entries(amounts)) {
      const number = this.numberOf(resource);
      leaf.own.suppose(number, sign * amount);
      for (let branch: Branch | null = leaf; branch !== null; branch = branch.parent) {
        branch.whole.suppose(number, sign * amount);
        branch.owe(number);
      }
    }
  }

  /** What decides whose turn it is: the share of each node from the top down to the queue, and last that of what hangs there itself. */
  standing(queue: string, now: number): readonly { readonly id: string; readonly share: number }[] {
    const path = this.pathOf(queue).map((id) => ({ id, share: this.share(this.branchOf(id), now) }));
    return [...path.reverse(), { id: '', share: this.shareBelow(this.branchOf(queue), null, now) }];
  }

  /** The queue and what is above it, without the root. */
  pathOf(queue: string): readonly string[] {
    const path: string[] = [];
    for (let at: Branch | null = this.branchOf(queue); at !== null && at !== this.root; at = at.parent) path.push(at.id);
    return path;
  }

  /** Of it and all above it the one right below the root: what is held below others does not count there. */
  topOf(queue: string): string {
    let top = this.branchOf(queue);
    while (top.parent !== null && top.parent !== this.root) top = top.parent;
    return top.id;
  }

  /** Of something, whatever it is. */
  isGuaranteedAnything(node: string): boolean {
    return this.branchOf(node).isGuaranteedAnything;
  }

  usedBy(node: string, resource: string): number {
    return this.nodeOf(node).whole.held(this.numberOf(resource));
  }

  /** The limit that this would break: one that it would break alone, or the nearest; null: none. */
  blockedBy(queue: string, amounts: Amounts): QuotaBlock | null {
    const wanted = Object.entries(amounts).map(([resource, asked]) => ({ resource, number: this.numberOf(resource), asked }));
    return this.branchOf(queue).blockOf(wanted);
  }

  /** The queue could have this of its own guarantee, or of one above it. */
  isGuaranteed(queue: string, amounts: Amounts): boolean {
    return this.isGuaranteedBelow(this.root, queue, amounts);
  }

  /** It holds more than the queue and all above it are guaranteed: somebody whose it is may want it back. */
  isOverGuarantee(queue: string, resource: string): boolean {
    return this.branchOf(queue).isOverBelow(this.root, this.numberOf(resource));
  }

  /**
   * May the one queue take this from the other? Only what decides between the two counts, the nodes below the lowest that is above both:
   * one of the taker's keeps this within its guarantee, and each of the other's holds more than its own. Whoever was taken from can
   * therefore not take it back: the taker stays within, and the loser would be over again.
   */
  mayReclaim(queue: string, amounts: Amounts, from: string): boolean {
    const common = this.branchOf(queue).common(this.branchOf(from));
    const asked = Object.entries(amounts).filter(([, amount]) => amount > 0);
    return (
      asked.length > 0 &&
      this.isGuaranteedBelow(common, queue, amounts) &&
      asked.some(([resource]) => this.branchOf(from).isOverBelow(common, this.numberOf(resource)))
    );
  }

  /** There is a node above both, which is not the whole tree. */
  areRelated(queue: string, other: string): boolean {
    return this.branchOf(queue).common(this.branchOf(other)) !== this.root;
  }

  /** What others than this queue are guaranteed and do not use. */
  unusedGuarantees(exceptQueue: string, resource: string): number {
    const number = this.numberOf(resource);
    let branch = this.branchOf(exceptQueue);
    let unused = branch.unusedBelow(number);
    for (let above = branch.parent; above !== null; above = above.parent) {
      unused += above.unusedBelow(number) - branch.unused(number);
      branch = above;
    }
    return unused;
  }

  /** Its dominant share, of what is held and what was, for its weight. */
  shareOf(node: string, now: number): number {
    return this.share(this.branchOf(node), now);
  }

  /** Whose turn it is: below 0 the first's. Only two queues that are one are equal, or the order would not be one. */
  compare(queueA: string, queueB: string, now: number): number {
    const [a, b] = [this.branchOf(queueA), this.branchOf(queueB)];
    if (a === b) return 0;
    const common = a.common(b);
    const [one, other] = [a.ancestorBelow(common), b.ancestorBelow(common)];
    const difference = this.shareBelow(common, one, now) - this.shareBelow(common, other, now);
    if (difference !== 0) return difference;
    // What hangs at the common node itself goes first.
    return (one?.id ?? '') < (other?.id ?? '') ? -1 : 1;
  }

  private shareBelow(common: Branch, branch: Branch | null, now: number): number {
    return branch === null ? common.own.dominantShare(this.capacities, this.edition, now) : this.share(branch, now);
  }

  private share(branch: Branch, now: number): number {
    return branch.whole.dominantShare(this.capacities, this.edition, now) / branch.weight;
  }

  private isGuaranteedBelow(top: Branch, queue: string, amounts: Amounts): boolean {
    const leaf = this.branchOf(queue);
    return Object.entries(amounts).every(([resource, amount]) => leaf.isWithinBelow(top, this.numberOf(resource), amount));
  }

  private owe(branch: Branch): void {
    for (const number of this.numbers.values()) branch.owe(number);
  }

  private hang(id: string, nodes: ReadonlyMap<string, QuotaNode>): void {
    const node = nodes.get(id);
    const parent = node ? node.parent : parentByPath(id);
    const branch = this.branches.get(id) ?? this.made(id);
    branch.configure(node ?? null, (resource) => this.numberOf(resource));
    branch.hangBelow(parent === null ? this.root : (this.branches.get(parent) ?? this.made(parent)));
  }

  private nodeOf(id: string): Branch {
    return id === '' ? this.root : this.branchOf(id);
  }

  private branchOf(id: string): Branch {
    return this.branches.get(id) ?? this.made(id);
  }

  /** Nobody configured it: no guarantee, no limit, weight 1. */
  private made(id: string): Branch {
    const branch = new Branch(id, this.halfLifeMs);
    this.branches.set(id, branch);
    const parent = parentByPath(id);
    branch.hangBelow(parent === null ? this.root : this.branchOf(parent));
    return branch;
  }

  private numberOf(resource: string): number {
    const known = this.numbers.get(resource);
    if (known !== undefined) return known;
    this.numbers.set(resource, this.numbers.size);
    return this.numbers.size - 1;
  }
}
