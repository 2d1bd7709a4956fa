import { type Entry, isEarlier } from './entry.ts';

/** A queue whose next one waits for its turn. */
export interface Turn {
  readonly queue: string;
  readonly entry: Entry;
}

export type Standing = readonly { readonly id: string; readonly share: number }[];

interface Node {
  readonly id: string;
  readonly parent: Node | null;
  share: number;
  /** Where it stands among its parent's. */
  at: number;
  readonly below: Node[];
  readonly byId: Map<string, Node>;
  /** Of a leaf. */
  turn: Turn | null;
  /** What would be picked of it. */
  pick: Turn | null;
}

const isBefore = (one: Node, other: Node): boolean => {
  if (one.pick === null || other.pick === null) return one.pick !== null && other.pick === null;
  if (one.share !== other.share) return one.share < other.share;
  return isEarlier(one.pick.entry, other.pick.entry);
};

/**
 * Whose turn it is, down the tree: of the children of each node the one with the least share, then the one whose request is the
 * earliest. The children of each node are a heap, so that a turn costs the logarithm of their number, and not a look at all queues.
 */
export class FairTurns {
  private readonly root: Node = { id: '', parent: null, share: 0, at: 0, below: [], byId: new Map(), turn: null, pick: null };

  private readonly leaves = new Map<string, Node>();

  constructor(private readonly standingOf: (queue: string) => Standing) {}

  first(): Turn | null {
    return this.root.pick;
  }

  put(turn: Turn): void {
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
    let node: Node = this.root;
    for (const { id, share } of this.standingOf(queue)) {
      const child = node.byId.get(id);
      if (!child) break;
      child.share = share;
      node = child;
    }
    this.renew(node);
  }

  private leafOf(queue: string): Node {
    let node = this.root;
    for (const { id, share } of this.standingOf(queue)) {
      let child = node.byId.get(id);
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

  private renew(from: Node): void {
    for (let node: Node | null = from; node !== null; node = node.parent) {
      node.pick = node.below[0]?.pick ?? node.turn;
      if (node.parent) this.settle(node, node.parent.below);
    }
  }

  private settle(node: Node, heap: Node[]): void {
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
