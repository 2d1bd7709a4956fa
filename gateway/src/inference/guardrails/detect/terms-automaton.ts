interface Node {
  readonly next: Map<number, number>;
  /** The node of the longest end of this text that begins a term as well. */
  fail: number;
  /** The nearest node on the way by `fail` at which a term ends; 0 where there is none. */
  shorter: number;
  readonly depth: number;
  isTerm: boolean;
}

const nodeOf = (depth: number): Node => ({ next: new Map(), fail: 0, shorter: 0, depth, isTerm: false });

/**
 * Finds all of many words in one pass, in a step or two for each character (Aho and Corasick, "Efficient string matching: an aid to bibliographic
 * search", CACM 18, 1975). States are numbers; that of the beginning is 0.
 */
export class TermsAutomaton {
  readonly #nodes: Node[] = [nodeOf(0)];

  constructor(terms: readonly string[]) {
    for (const term of terms) this.#add(term);
    this.#link();
  }

  next(state: number, unit: number): number {
    let at = state;
    for (;;) {
      const onward = this.#node(at).next.get(unit);
      if (onward !== undefined) return onward;
      if (at === 0) return 0;
      at = this.#node(at).fail;
    }
  }

  /** How much of what came last may be the beginning of a term. */
  depth(state: number): number {
    return this.#node(state).depth;
  }

  /** How long the terms are that end here, the longest first. */
  *endsAt(state: number): Generator<number> {
    let at = this.#node(state).isTerm ? state : this.#node(state).shorter;
    while (at !== 0) {
      yield this.#node(at).depth;
      at = this.#node(at).shorter;
    }
  }

  #node(state: number): Node {
    const node = this.#nodes[state];
    if (node === undefined) throw new RangeError(`there is no state ${state}`);
    return node;
  }

  #add(term: string): void {
    let at = 0;
    for (let index = 0; index < term.length; index += 1) {
      const { next, depth } = this.#node(at);
      const unit = term.charCodeAt(index);
      let onward = next.get(unit);
      if (onward === undefined) {
        onward = this.#nodes.push(nodeOf(depth + 1)) - 1;
        next.set(unit, onward);
      }
      at = onward;
    }
    if (at !== 0) this.#node(at).isTerm = true;
  }

  /** Breadth first: whatever a node falls back to is shorter, and linked already. */
  #link(): void {
    const queue = [...this.#node(0).next.values()];
    for (const state of queue) {
      const { next, fail } = this.#node(state);
      for (const [unit, child] of next) {
        const node = this.#node(child);
        node.fail = this.next(fail, unit);
        node.shorter = this.#node(node.fail).isTerm ? node.fail : this.#node(node.fail).shorter;
        queue.push(child);
      }
    }
  }
}
