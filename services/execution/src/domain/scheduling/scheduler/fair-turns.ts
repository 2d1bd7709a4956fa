import { isEarlier, type Timely } from './entry.ts';

/** A queue whose next one waits for its turn. */
export interface Pick {
  readonly queue: string;
  /** Whose turn it is, or somebody before it; null: nobody's, and that has to be found out. */
  readonly entry: Timely | null;
}

export type Standing = readonly { readonly id: string; readonly share: number }[];

interface Node<P> {
  readonly id: string;
  readonly parent: Node<P> | null;
  share: number;
  /** Where it stands among its parent's. */
  at: number;
  readonly below: Node<P>[];
  readonly byId: Map<string, Node<P>>;
  /** Of a leaf. */
  turn: P | null;
  /** What would be picked of it. */
  pick: P | null;
}

const isBefore = (one: Node<Pick>, other: Node<Pick>): boolean => {
  if (one.pick === null || other.pick === null) return one.pick !== null && other.pick === null;
  if (one.share !== other.share) return one.share < other.share;
  const [a, b] = [one.pick.entry, other.pick.entry];
  return a === null || (b !== null && isEarlier(a, b));
};

/**
 * Whose turn it is, down the tree: of the children of each node the one with the least share, then the one whose request is the
 * earliest. The children of each node are a heap, so that a turn costs the logarithm of their number, and not a look at all queues.
 */
export class FairTurns<P extends Pick> {
  private readonly root: Node<P> = { id: '', parent: null, share: 0, at: 0, below: [], byId: new Map(), turn: null, pick: null };

  private readonly leaves = new Map<string, Node<P>>();

  constructor(private readonly standingOf: (queue: string) => Standing) {}

  first(): P | null {
    return this.root.pick;
  }

  put(turn: P): void {
    const leaf = this.leaves.get(turn.queue) ?? this.leafOf(turn.queue);
    leaf.turn = turn;
    this.renew(leaf);
  }

  remove(queue: string): void {
    const leaf = this.leaves.get(queue);
    if (!leaf) return;
    leaf.turn = null;
    this.renew(leaf);
  }

  /** What the queue holds has changed, and so has what counts for all above it. */
  charged(queue: string): void {
    let node: Node<P> = this.root;
    for (const { id, share } of this.standingOf(queue)) {
      const child = node.byId.get(id);
      if (!child) break;
      child.share = share;
      node = child;
    }
    this.renew(node);
  }

  private leafOf(queue: string): Node<P> {
    let node = this.root;
    for (const { id, share } of this.standingOf(queue)) {
      let child: Node<P> | undefined = node.byId.get(id);
      if (!child) {
        child = { id, parent: node, share, at: node.below.length, below: [], byId: new Map(), turn: null, pick: null };
        node.byId.set(id, child);
        node.below.push(child);
      }
      child.share = share;
      node = child;
    }
    this.leaves.set(queue, node);
    return node;
  }

  private renew(from: Node<P>): void {
    for (let node: Node<P> | null = from; node !== null; node = node.parent) {
      node.pick = node.below[0]?.pick ?? node.turn;
      if (node.parent) this.settle(node, node.parent.below);
    }
  }

  private settle(node: Node<P>, heap: Node<P>[]): void {
    let at = node.at;
    for (let above = heap[(at - 1) >>> 1]; at > 0 && above && isBefore(node, above); above = heap[(at - 1) >>> 1]) {
      heap[at] = above;
      above.at = at;
      at = (at - 1) >>> 1;
    }
    for (;;) {
      let [below, other] = [2 * at + 1, heap[2 * at + 1]];
      const right = heap[2 * at + 2];
      if (other && right && isBefore(right, other)) [below, other] = [below + 1, right];
      if (!other || !isBefore(other, node)) break;
      heap[at] = other;
      other.at = at;
      at = below;
    }
    heap[at] = node;
    node.at = at;
  }
}
